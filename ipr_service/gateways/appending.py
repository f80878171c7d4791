"""Pages appended to a PDF without touching one of its bytes.

The result begins with the given document, byte for byte, and goes on with one more revision (ISO 32000-2, 7.5.6): whoever knows its
length and SHA-256 can cut the document out again and compare. Made once and stored: PDF identifiers are random.

What this does not do: carry the tags of the appended pages into the document's structure. The pages can be read and searched; for
readers who need tags the appended paper also exists by itself.
"""

from __future__ import annotations

import io
from typing import Any

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from ipr_service.errors import N_, FormatError

_DICTIONARY: Any = DictionaryObject  # untyped in pyHanko
_LEFT_OUT = frozenset({"/Parent", "/StructParents", "/Tabs", "/Annots"})


def append_pages(document: bytes, further: bytes) -> bytes:
    """``document`` with the pages of ``further`` after its own.

    Raises:
        FormatError: one of them is no PDF that can be read or extended.
    """
    try:
        writer: Any = IncrementalPdfFileWriter(io.BytesIO(document), strict=True)
        reader: Any = PdfFileReader(io.BytesIO(further), strict=True)
        for number in range(reader.root["/Pages"]["/Count"]):
            page = reader.find_page_for_modification(number)[0].get_object()
            plain: Any = _DICTIONARY({name: page.raw_get(name) for name in page if name not in _LEFT_OUT})
            plain.container_ref = page.container_ref
            writer.insert_page(writer.import_object(plain))
        out = io.BytesIO()
        writer.write(out)
    except (PdfError, ValueError, KeyError, TypeError) as problem:
        raise FormatError(N_("This is not a PDF to which pages can be appended.")) from problem
    return out.getvalue()
