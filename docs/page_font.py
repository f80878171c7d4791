"""Make the certificate's type: `python docs/page_font.py` (needs fonttools, which nothing else here needs).

Every proof bundle carries its certificate, and every certificate its type, so the type has to be small: IBM Plex Sans without hints and
kerning, on a grid of 250 units instead of 1,000 (0.03 mm in a title), so that widths are whole numbers in a PDF. The licence allows it
under another name.
"""

from __future__ import annotations

from pathlib import Path

from fontTools import subset
from fontTools.ttLib.scaleUpem import scale_upem

FOLDER = Path(__file__).parents[1] / "ipr_service" / "fonts"
NAMES = {
    0: "Copyright 2017 IBM Corp.",
    1: "IPR Page",
    2: "Regular",
    3: "IPR Page 1.0",
    4: "IPR Page",
    5: "Version 1.0",
    6: "IPRPage-Regular",
    13: "SIL OFL 1.1",
}


def main() -> None:
    """Write the font beside the one it is made from."""
    options = subset.Options(hinting=False, layout_features=["tnum", "lnum"], name_IDs=["*"], notdef_outline=True, glyph_names=False)
    font = subset.load_font(str(FOLDER / "IBMPlexSans-Regular.ttf"), options)
    small = subset.Subsetter(options)
    small.populate(unicodes=font.getBestCmap().keys())
    small.subset(font)
    font["name"].names = [record for record in font["name"].names if record.nameID in NAMES and record.platformID == 3]
    for record in font["name"].names:
        record.string = NAMES[record.nameID]
    for table in {"DSIG", "gasp"} & set(font.keys()):
        del font[table]
    scale_upem(font, 250)
    font["head"].created = font["head"].modified = 0
    font.recalcTimestamp = False
    font.save(str(FOLDER / "IPRPage-Regular.ttf"))


if __name__ == "__main__":
    main()
