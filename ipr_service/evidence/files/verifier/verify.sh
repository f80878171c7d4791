#!/bin/sh
# Verify a proof bundle without the service that made it, and without any of its software or network.
#
#   sh verify.sh TRUST [BUNDLE [ROOTS]]
#
# TRUST   the log's fingerprint, 64 hexadecimal digits, or a file with a trust list, from a source that you trust: not from this bundle
# BUNDLE  the .asice file, or the directory it was unpacked to (default: the directory you are in)
# ROOTS   PEM file with the root certificates of timestamp authorities that you trust
#
# Prints one line for each check, and a last line that says the three verdicts. Exit 0: intact and trusted. 1: not. 2: it could not be run.

# This is the source; docs/verifier.py makes the script that travels in bundles of it. Needs unzip, sh, awk, base64, xxd, sha256sum and
# openssl (3.0 or newer). What it cannot check it says: ML-DSA-44 needs openssl 3.5.

LC_ALL=C
export LC_ALL
umask 077
set -C # a temporary file that somebody else put there is never written through

TRUST=$1
BUNDLE=${2:-.}
ROOTS=$3
OWN_CLOCK=2.25.228873531658565843331102762002533959126 # the policy under which services like this stamp by their own clock
TEMPORARY=${TMPDIR:-/tmp}/ipr-verify.$$
FAILED=
VERDICT=intact  # which verdict the checks that run now belong to
LOST=           # verdicts that a check took away
NEXT=0          # number of the next temporary file

# ---- saying ----------------------------------------------------------------------------------------------------------

holds() { printf 'ok    %s\n' "$1"; }
notice() { printf 'note  %s\n' "$1"; }
fails() {
    printf 'FAIL  %s\n' "$1"
    FAILED="$FAILED${FAILED:+; }${1%%:*}"
    LOST="$LOST $VERDICT"
}
check() { # check WHAT FOUND EXPECTED: both must be there and equal
    if [ -n "$2" ] && [ "$2" = "$3" ]; then holds "$1"; else fails "$1: does not agree"; fi
}
usage() {
    printf 'verify.sh: %s\nusage: sh verify.sh TRUST [BUNDLE [ROOTS]]\n' "$1" >&2
    exit 2
}
clean() {
    for left in "$TEMPORARY".*; do
        [ -f "$left" ] || continue
        if command -v rm >/dev/null 2>&1; then rm -f "$left"; else : >|"$left"; fi
    done
}
trap clean EXIT
trap 'exit 2' HUP INT TERM

# ---- reading ---------------------------------------------------------------------------------------------------------

has() { # has MEMBER
    if [ -d "$BUNDLE" ]; then [ -f "$BUNDLE/$1" ]; else case "$NAMES" in *"|$1|"*) ;; *) return 1 ;; esac; fi
}
hex_of() { # hex_of MEMBER: its bytes as one line of hex
    if [ -d "$BUNDLE" ]; then xxd -p "$BUNDLE/$1"; else unzip -p "$BUNDLE" "$1" 2>/dev/null | xxd -p; fi | awk '{ printf "%s", $0 }'
}
text_of() { # text_of MEMBER: its bytes
    if [ -d "$BUNDLE" ]; then xxd -p "$BUNDLE/$1" | xxd -r -p; else unzip -p "$BUNDLE" "$1" 2>/dev/null; fi
}
sha256_of() {
    if [ -d "$BUNDLE" ]; then sha256sum <"$BUNDLE/$1"; else unzip -p "$BUNDLE" "$1" 2>/dev/null | sha256sum; fi | awk '{ print $1 }'
}
sha512_of() {
    if [ -d "$BUNDLE" ]; then openssl dgst -sha512 -r <"$BUNDLE/$1"; else unzip -p "$BUNDLE" "$1" 2>/dev/null | openssl dgst -sha512 -r; fi |
        awk '{ print $1 }'
}
sha256_hex() { printf '%s' "$1" | xxd -r -p | sha256sum | awk '{ print $1 }'; } # of bytes given as hex
hex_to_base64() { printf '%s' "$1" | xxd -r -p | base64 | awk '{ printf "%s", $0 }'; }
base64_to_hex() { printf '%s' "$1" | base64 -d 2>/dev/null | xxd -p | awk '{ printf "%s", $0 }'; }
text_to_hex() { printf '%s' "$1" | xxd -p | awk '{ printf "%s", $0 }'; }
line() { printf '%s\n' "$1" | awk -v n="$2" 'NR == n'; } # line TEXT N

# ---- the steps -------------------------------------------------------------------------------------------------------

list_members() { # every name once, in its order, only names that a proof bundle has, nothing that unfolds without end
    if [ -d "$BUNDLE" ]; then
        NAMES=
        for path in "$BUNDLE"/* "$BUNDLE"/*/*; do
            if [ -L "$path" ]; then fails "container: there is a symbolic link"; return; fi
        done
        holds "container: unpacked directory"
        return
    fi
    NAMES=$(unzip -Zl "$BUNDLE" 2>/dev/null | awk '
        BEGIN {
            pattern[1] = "mimetype"; pattern[2] = "files/[0-9][0-9][0-9][0-9](\\.[A-Za-z0-9]+)?"; pattern[3] = "manifest\\.json"
            pattern[4] = "openings\\.json"; pattern[5] = "salt"; pattern[6] = "entry"; pattern[7] = "proof\\.tlog-proof"
            pattern[8] = "checkpoint\\.body"; timed = "[1-9][0-9]?(\\.tsq|\\.tsr|-chain\\.pem|-[1-9][0-9]?\\.(crl|ocsp))"
            pattern[9] = "tsa/" timed; pattern[10] = "policy"; pattern[11] = "renewals/([1-9][0-9]?\\.sha512|" timed ")"
            pattern[12] = "certificate\\.pdf"; pattern[13] = "verify\\.sh"; pattern[14] = "verify\\.html"; pattern[15] = "README\\.txt"
            pattern[16] = "META-INF/ASiCManifest\\.xml"; pattern[17] = "META-INF/timestamp\\.tst" }
        /^(Archive|Zip file size):/ || /^[0-9]+ files?, / { next }
        {   name = $NF; rank = 0; lines++
            for (i = 1; i <= 17; i++) if (name ~ "^(" pattern[i] ")$") rank = i
            small = rank != 2; there[rank] = 1
            if (!rank || rank < last || seen[rank == 2 ? substr(name, 1, 10) : tolower(name)]++ || length(name) > 64 || NF != 10 || $1 !~ /^[-?]/) bad = 1
            if ($7 == "stor" ? $6 != $4 : $7 !~ /^def/ || rank <= 2 || $6 >= $4 || $4 > 64 * $6) bad = 1
            if (small) { total += $4; if ($4 > 33554432) bad = 1 }
            last = rank; printf "|%s", name }
        END {
            for (i = 1; i <= 17; i++) if (i != 2 && i != 9 && i != 11 && !there[i]) bad = 1
            if (bad || total > 67108864) print "|bad|"; else if (lines) print "|" }')
    case "$NAMES" in "" | *"|bad|"*) fails "container: this is not the form of a proof bundle"; NAMES=; return ;; esac
    if [ -n "$(check_headers)" ] || [ "$(hex_of mimetype)" != "$(text_to_hex "application/vnd.etsi.asic-e+zip")" ]; then
        fails "container: a header is not the one that a proof bundle has, or bytes stand between the members"
        NAMES=
        return
    fi
    if unzip -tq "$BUNDLE" >/dev/null 2>&1; then holds "container: all members unpack"; else fails "container: a member is damaged"; fi
}

check_headers() { # says what is wrong: each header is a function of name, sizes, CRC and place, and nothing stands between
    end=$(xxd -s -22 -p "$BUNDLE" | awk '{ printf "%s", $0 }')
    set -- $(printf '%s' "$end" | awk '
        function n(at, bytes,    i, v) { v = 0; for (i = bytes - 1; i >= 0; i--) v = v * 256 + 16 * (index(d, substr($0, at + 2 * i, 1)) - 1) + index(d, substr($0, at + 2 * i + 1, 1)) - 1; return v }
        BEGIN { d = "0123456789abcdef" } { print substr($0, 1, 16), n(17, 2), n(21, 2), n(25, 4), n(33, 4), substr($0, 41) }')
    if [ "$5" = 4294967295 ]; then notice "container: the headers of a bundle of 4 GB and more are not compared; ipr verify does" >&2; return; fi
    if [ "$1$6" != 504b0506000000000000 ] || [ "$2" != "$3" ] || [ "$(xxd -s "$(($5 + $4))" -l 23 -p "$BUNDLE" | awk '{ printf "%s", $0 }')" != "$end" ]; then
        printf 'end'
        return
    fi
    xxd -s "$5" -l "$4" -p "$BUNDLE" | awk -v count="$2" -v end="$5" '
        function n(at, bytes,    i, v) { v = 0; for (i = bytes - 1; i >= 0; i--) v = v * 256 + 16 * (index(d, substr(all, at + 2 * i, 1)) - 1) + index(d, substr(all, at + 2 * i + 1, 1)) - 1; return v }
        BEGIN { d = "0123456789abcdef" } { all = all $0 }
        END {
            at = 1; next_ = 0
            for (i = 0; i < count; i++) {
                r = substr(all, at, 92); long = n(at + 56, 2); method = substr(r, 21, 4); name = substr(all, at + 92, 2 * long)
                same = substr(r, 33, 28) # CRC, both sizes, length of the name
                if (r != "504b0102" "14001400" "0000" method "00002100" same "000000000000000000000000" substr(r, 85, 8)) print "record"
                if (n(at + 84, 4) != next_) print "place"
                print next_, 30 + long, "504b0304" "1400" "0000" method "00002100" same "0000" name
                next_ += 30 + long + n(at + 40, 4); at += 92 + 2 * long }
            if (at != length(all) + 1 || next_ != end) print "gap" }' |
        while read -r offset length expected; do
            if [ -z "$expected" ] || [ "$(xxd -s "$offset" -l "$length" -p "$BUNDLE" | awk '{ printf "%s", $0 }')" != "$expected" ]; then printf 'header'; fi
        done
}

check_files() { # each file against its digests, each opening against the manifest
    openings=$(text_of openings.json | awk '
        { rest = $0
          if (substr(rest, 1, 10) != "{\"files\":[") exit
          rest = substr(rest, 11)
          while (match(rest, /^,?\{"salt":"[0-9a-f]+","sha256":"[0-9a-f]+","sha512":"[0-9a-f]+"\}/)) {
              split(substr(rest, RSTART, RLENGTH), part, "\"")
              print part[4], part[8], part[12]
              rest = substr(rest, RLENGTH + 1) }
          if (substr(rest, 1, 16) != "],\"statements\":[") print "cut" }')
    listed=$(commitments files)
    number=0
    while read -r salt sha256 sha512; do
        [ -n "$salt" ] || continue
        number=$((number + 1))
        found=$(sha256_hex "$(text_to_hex 'ipr/file/v1
')$salt$sha256$sha512")
        [ "${#salt}${#sha256}${#sha512}" = 6464128 ] || found=
        check "file $number: its digests open the commitment" "$(hex_to_base64 "$found")" "$(line "$listed" $number)"
        check_content $number "$sha256" "$sha512"
    done <<END
$openings
END
    check "files: as many openings as commitments" "$number" "$(count "$listed")"
    check_strays $number
}

check_content() { # check_content NUMBER SHA256 SHA512
    member=$(member_of "$1")
    if [ -z "$member" ]; then
        notice "file $1: not in this bundle; compare your own copy with SHA-256 $2"
    elif [ "$(sha256_of "$member")" = "$2" ] && [ "$(sha512_of "$member")" = "$3" ]; then
        holds "file $1: $member has both digests"
    else
        fails "file $1: $member does not have the digests that were registered"
    fi
}

member_of() { # the member that holds file number N, with whatever extension
    if [ -d "$BUNDLE" ]; then
        for path in "$BUNDLE"/files/"$(printf '%04d' "$1")" "$BUNDLE"/files/"$(printf '%04d' "$1")".*; do
            [ -f "$path" ] && printf '%s\n' "files/${path##*/}"
        done
    else
        printf '%s' "$NAMES" | awk -v RS='|' -v want="$(printf 'files/%04d' "$1")" 'substr($0, 1, 10) == want'
    fi | awk 'NR == 1'
}

check_strays() { # check_strays COUNT: no file beyond the openings
    if [ -d "$BUNDLE" ]; then
        last=$(for path in "$BUNDLE"/files/*; do [ -f "$path" ] && printf '%s\n' "${path##*/}"; done)
    else
        last=$(printf '%s' "$NAMES" | awk -v RS='|' 'sub(/^files\//, "")')
    fi
    stray=$(printf '%s\n' "$last" | awk -v count="$1" '$0 != "" && (substr($0, 1, 4) + 0 > count || substr($0, 1, 4) + 0 < 1)')
    if [ -z "$stray" ]; then holds "files: none that was not registered"; else fails "files: there are files that were not registered"; fi
}

commitments() { # the base64 hashes of a list in the manifest, one a line
    text_of manifest.json | awk -v key="\"$1\":[" '
        { at = index($0, key); if (!at) exit
          rest = substr($0, at + length(key)); rest = substr(rest, 1, index(rest, "]") - 1)
          n = split(rest, item, ","); for (i = 1; i <= n; i++) { gsub(/"/, "", item[i]); print item[i] } }'
}
count() { printf '%s\n' "$1" | awk '$0 != "" { n++ } END { print n + 0 }'; }

check_forms() { # the manifest has its one form; the openings end where they should
    text_of manifest.json | awk '
        BEGIN { for (i = 0; i < 42; i++) hash = hash "[A-Za-z0-9+/]"; hash = "\"" hash "[AEIMQUYcgkosw048]=\""
            list = "\\[(" hash "(," hash ")*)?\\]"; kinds = "idea|contribution|disclosure|split|agreement|signature|transfer|supersession|renewal"
            form = "^\\{\"checkpoint\":(null|" hash "),\"files\":" list ",\"kind\":\"(" kinds ")\",\"previous\":(null|" hash "),\"statements\":" list ",\"version\":1\\}$" }
        { if ($0 !~ form) bad = 1 } END { exit bad || NR != 1 }' && [ "$(hex_of manifest.json)" = "$(text_to_hex "$(text_of manifest.json)")" ]
    if [ $? = 0 ]; then holds "manifest: in its canonical form"; else fails "manifest: it is not in its canonical form"; fi
    if [ "$(hex_of openings.json)" = "$(text_to_hex "$(text_of openings.json)")" ]; then
        notice "openings: whether texts are in normal form C, and keys in their order, is not checked by this script"
    else
        fails "openings: they are not in their canonical form"
    fi
}

check_statements() { # each statement, in its exact bytes, against the manifest
    openings=$(text_of openings.json | awk '
        BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%02x", i) }
        { at = index($0, "],\"statements\":["); if (!at) { print "cut"; exit }
          i = at + 16; whole = $0
          while (match(substr(whole, i, 90), /^,?\{"salt":"[0-9a-f]+","statement":\{/)) {
              split(substr(whole, i, RLENGTH), part, "\"")
              i += RLENGTH - 1; depth = 0; text = 0; hex = ""
              do { c = substr(whole, i++, 1); hex = hex code[c]
                   if (text) { if (c == "\\") { c = substr(whole, i++, 1); hex = hex code[c] } else if (c == "\"") text = 0 }
                   else if (c == "\"") text = 1
                   else if (c == "{") depth++
                   else if (c == "}") depth-- } while (depth && c != "")
              if (substr(whole, i, 1) != "}") { print "cut"; exit }
              i++
              print part[4], hex }
          if (substr(whole, i) != "],\"version\":1}") print "cut" }')
    listed=$(commitments statements)
    number=0
    while read -r salt statement; do
        [ -n "$salt" ] || continue
        number=$((number + 1))
        found=$(sha256_hex "$(text_to_hex 'ipr/statement/v1
')$salt$statement")
        [ "${#salt}" = 64 ] || found=
        check "statement $number: opens the commitment" "$(hex_to_base64 "$found")" "$(line "$listed" $number)"
    done <<END
$openings
END
    check "statements: as many openings as commitments" "$number" "$(count "$listed")"
}

check_entry() { # salt and manifest give the commitment, the commitment is the entry
    salt=$(hex_of salt)
    [ "${#salt}" = 64 ] || fails "salt: not 32 bytes"
    commitment=$(sha256_hex "$(text_to_hex 'ipr/commitment/v1
')$salt$(hex_of manifest.json)")
    entry=$(hex_of entry)
    check "entry: is the commitment to salt and manifest" "$entry" "$(text_to_hex "ipr/entry/v1 $(hex_to_base64 "$commitment")
")"
    LEAF=$(sha256_hex "00$entry")
}

check_proof() { # the leaf is in the tree whose root the checkpoint names
    PROOF=$(text_of proof.tlog-proof)
    parsed=$(printf '%s\n' "$PROOF" | awk '
        NR == 1 { if ($0 != "c2sp.org/tlog-proof@v1") exit; next }
        NR == 2 && /^extra / { next }
        !got { if ($0 !~ /^index (0|[1-9][0-9]*)$/) exit; print $2; got = 1; next }
        $0 == "" { print "end"; exit }
        $0 !~ hash { exit }
        { print }
        BEGIN { for (i = 0; i < 42; i++) hash = hash "[A-Za-z0-9+/]"; hash = "^" hash "[AEIMQUYcgkosw048]=$" }')
    index=$(line "$parsed" 1)
    BODY=$(printf '%s\n' "$PROOF" | awk 'seen && $0 == "" { exit } seen { print } $0 == "" { seen = 1 }')
    ORIGIN=$(line "$BODY" 1)
    SHOWN=$(printf '%s' "$ORIGIN" | awk '{ gsub(/[^ -~]/, "?"); print }') # nothing that steers a terminal
    size=$(line "$BODY" 2)
    root=$(base64_to_hex "$(line "$BODY" 3)")
    case "$index$size" in "" | *[!0-9]*) index=; size=0 ;; esac
    case "$size" in 0*) index= ;; esac
    if [ -z "$index" ] || [ "${#index}" -gt 15 ] || [ "${#size}" -gt 15 ] || [ "$(line "$BODY" 4)" ] || [ "${#root}" != 64 ] ||
        [ "$(hex_to_base64 "$root")" != "$(line "$BODY" 3)" ] || [ "$(count "$BODY")" != 3 ] ||
        [ "$(printf '%s\n' "$parsed" | awk 'END { print }')" != end ] ||
        [ "$(hex_of proof.tlog-proof)" != "$(text_to_hex "$PROOF
")" ]; then
        fails "proof: it or its checkpoint is not readable"
        PROOF=
        return
    fi
    check "inclusion: entry $index is in the log of $size entries whose root was signed" "$(climb "$index" "$size" "$parsed")" "$root"
    check "checkpoint: checkpoint.body is the one that was proved" "$(hex_of checkpoint.body)" "$(text_to_hex "$BODY
")"
}

climb() { # climb INDEX SIZE PARSED: the root by RFC 9162, 2.1.3.2
    fn=$1 sn=$(($2 - 1)) hash=$LEAF step=2
    while :; do
        item=$(line "$3" $step)
        [ "$item" = end ] && break
        step=$((step + 1))
        item=$(base64_to_hex "$item")
        [ "${#item}" = 64 ] && [ $sn -gt 0 ] || return
        if [ $((fn % 2)) = 1 ] || [ "$fn" = $sn ]; then
            hash=$(sha256_hex "01$item$hash")
            while [ $((fn % 2)) = 0 ] && [ "$fn" -gt 0 ]; do fn=$((fn / 2)) sn=$((sn / 2)); done
        else
            hash=$(sha256_hex "01$hash$item")
        fi
        fn=$((fn / 2)) sn=$((sn / 2))
    done
    [ $sn = 0 ] && printf '%s' "$hash"
}

read_trust() { # log keys, witnesses, groups, quorum and revocations of the reader, one a line; roots into a file
    case "$TRUST" in *[!0-9a-f]* | "") ;; *) FINGERPRINT=$TRUST; LIST="quorum none"; return ;; esac
    FINGERPRINT=
    awk '/^-----BEGIN CERTIFICATE-----/ { inside = 1 } inside { print } /^-----END CERTIFICATE-----/ { inside = 0 }' "$TRUST" >"$TEMPORARY.roots"
    [ -z "$ROOTS" ] || cat_into "$TEMPORARY.roots" "$ROOTS"
    [ ! -s "$TEMPORARY.roots" ] || ROOTS=$TEMPORARY.roots
    LIST=$(awk '
        /^-----BEGIN CERTIFICATE-----/ { inside = 1 } inside { if (/^-----END CERTIFICATE-----/) inside = 0; next }
        NF == 0 || $1 ~ /^#/ { next }
        { $1 = $1 }
        NF == 1 { print "log " $1; next }
        $1 == "quorum" { quorum = 1 }
        $1 ~ /^(log|witness|group|quorum|revoked)$/ { print; next }
        { print "bad" }
        END { if (!quorum) print "quorum none" }' "$TRUST")
    case "$LIST" in *bad*) usage "$TRUST holds a line that is not of a trust list" ;; esac
}
cat_into() { awk '{ print }' "$2" >>"$1"; }

key_of() { # key_of VKEY: sets K_NAME, K_ID and K_HEX (kind and public key), or fails when the id is not the key's
    K_NAME=${1%%+*}
    rest=${1#*+}
    K_ID=${rest%%+*}
    K_HEX=$(base64_to_hex "${rest#*+}")
    case "${K_HEX%"${K_HEX#??}"}${#K_HEX}" in 0166 | 0466 | 062626) ;; *) return 1 ;; esac
    [ "$K_ID" = "$(sha256_hex "$(text_to_hex "$K_NAME
")$K_HEX" | awk '{ print substr($0, 1, 8) }')" ]
}

u64() { printf '%016x' "$1"; }
short() { printf '%02x%s' "${#1}" "$(text_to_hex "$1")"; }

signed_by() { # signed_by VKEY: 0 it signed (S_TIME says when), 1 its line does not hold, 2 it has no line, 3 this openssl cannot say
    key_of "$1" || return 1
    blob=$(printf '%s\n' "$PROOF" | awk -v name="$K_NAME" '$1 == "\342\200\224" && $2 == name && NF == 3 { print $3 }' |
        while read -r one; do
            one=$(base64_to_hex "$one")
            case "$one" in "$K_ID"*) printf '%s\n' "${one#"$K_ID"}" ;; esac
        done)
    blob=$(line "$blob" 1)
    [ -n "$blob" ] || return 2
    NEXT=$((NEXT + 1))
    temporary=$TEMPORARY.$NEXT
    S_TIME=0
    case "$K_HEX" in
    01*) message=$(text_to_hex "$BODY
") der=302a300506032b6570032100 length=128 ;;
    04*) der=302a300506032b6570032100 length=144 ;;
    06*) der=30820532300b06096086480165030403110382052100 length=4856 ;;
    esac
    [ "${#blob}" = $length ] || return 1
    case "$K_HEX" in 04* | 06*)
        S_TIME=$(printf '%d' "0x${blob%"${blob#????????????????}"}")
        blob=${blob#????????????????}
        [ "$S_TIME" -ge 0 ] || return 1
        message=$(text_to_hex "cosignature/v1
time $S_TIME
$BODY
") ;;
    esac
    case "$K_HEX" in 06*)
        [ -n "$ML_DSA" ] || return 3
        message=$(text_to_hex 'subtree/v1
')00$(short "$K_NAME")$(u64 "$S_TIME")$(short "$ORIGIN")$(u64 0)$(u64 "$size_signed")$root ;;
    esac
    printf '%s%s' "$der" "${K_HEX#??}" | xxd -r -p >"$temporary.key"
    printf '%s' "$blob" | xxd -r -p >"$temporary.signature"
    printf '%s' "$message" | xxd -r -p >"$temporary.message"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$temporary.key" -rawin -in "$temporary.message" \
        -sigfile "$temporary.signature" >/dev/null 2>&1
}

check_signatures() { # the two keys of the log that the bundle names signed the checkpoint
    size_signed=$(line "$BODY" 2)
    FIRST= SECOND=
    [ -n "$PROOF" ] || return
    NEXT=$((NEXT + 1))
    text_of policy | awk 'NF == 0 || $1 ~ /^#/ { next } { $1 = $1 } $1 ~ /^(log|witness|group|quorum)$/ { print; next } { print "bad" }' >"$TEMPORARY.policy"
    if awk '$1 == "bad" { bad = 1 } $1 == "quorum" { quorum++ } END { exit !bad && quorum == 1 }' "$TEMPORARY.policy"; then
        fails "signatures: the policy in the bundle cannot be read"
        return
    fi
    while read -r word vkey _; do
        [ "$word" = log ] || continue
        signed_by "$vkey"
        result=$?
        case "$K_HEX$result" in
        *1) fails "signatures: one of $SHOWN does not hold" ;;
        01*0) [ "$K_NAME" != "$ORIGIN" ] || FIRST=$vkey ;;
        06*0) [ "$K_NAME" != "$ORIGIN" ] || [ "$S_TIME" != 0 ] || SECOND=$vkey ;;
        06*3) [ "$K_NAME" != "$ORIGIN" ] || [ "$S_TIME" != 0 ] || SECOND=$vkey
            notice "signatures: ML-DSA-44 is not checked: this openssl is older than 3.5; ipr verify and verify.html check it" ;;
        esac
    done <"$TEMPORARY.policy"
    if [ -n "$FIRST" ] && [ -n "$SECOND" ]; then
        holds "signatures: the log $SHOWN signed this checkpoint (Ed25519${ML_DSA:+ and ML-DSA-44})"
    else
        fails "signatures: the log's two signatures do not both stand under this checkpoint"
    fi
}

print_of() { printf '%s' "$1" | sha256sum | awk '{ print $1 }'; }
digits() { printf '%s' "$1" | awk '{ gsub(/[^0-9]/, ""); print substr($0 "00000000000000", 1, 14) }'; } # a time as 14 digits
revoked() { printf '%s\n' "$LIST" | awk -v print_="$1" '$1 == "revoked" && $2 == print_ { gsub(/[^0-9]/, "", $4); print $3, $4 }'; }
ending() { case "$1" in affiliationChanged | superseded | cessationOfOperation) ;; *) return 1 ;; esac; }

check_key() { # the key that signed is known from elsewhere, and nothing that was revoked reaches it
    [ -n "$FIRST" ] || { fails "log-key: there is no signature that could be trusted"; return; }
    own=$(print_of "$FIRST")
    listed=$(printf '%s\n' "$LIST" | awk -v key="$FIRST" '$1 == "log" && $2 == key { print "yes"; exit }')
    if [ "${FINGERPRINT:-$own}" != "$own" ] || [ -z "$FINGERPRINT$listed" ]; then
        fails "log-key: the key that signed has the fingerprint $own, which is not among those you named"
        return
    fi
    if printf '%s\n' "$LIST" | awk -v name="$ORIGIN" -v key="$SECOND" '$1 == "log" && index($2, name "+") == 1 {
            n = split($2, part, "+"); if (substr($2, length(name) + 11, 1) == "B") { other = 1; if ($2 == key) same = 1 } } END { exit !(other && !same) }'; then
        fails "log-key.second: your list names another second key (ML-DSA-44) for this log"
    fi
    since=$(printf '%s\n%s\n' "$(revoked "$own")" "$(revoked "$(print_of "$SECOND")")" | awk 'NF == 2 && (!first || $2 < first) { first = $2 } END { print first }')
    check_witnesses "$since"
    if [ -z "$since" ]; then
        holds "log-key: the key that signed has a fingerprint that you named: $own"
    elif printf '%s\n' "$PROVEN" | awk -v since="$since" 'NF && $1 < since { found = 1 } END { exit !found }' || [ -n "$QUORUM_BEFORE" ]; then
        holds "log-key: the key was revoked since $since, and others prove that this is older"
    else
        fails "log-key: the key was revoked since $since, and nobody else proves that this is older"
    fi
}

quorum_met() { # quorum_met "NAMES": these witnesses make the quorum of the list
    printf '%s\n' "$LIST" | awk -v names="$1" '
        BEGIN { n = split(names, one, " "); for (i = 1; i <= n; i++) met[one[i]] = 1; met["none"] = 1 }
        $1 == "group" { count = 0; for (i = 4; i <= NF; i++) count += met[$i]
            if (count >= ($3 == "any" ? 1 : $3 == "all" ? NF - 3 : $3)) met[$2] = 1 }
        $1 == "quorum" { quorum = $2 }
        END { exit !met[quorum] }'
}

check_witnesses() { # check_witnesses SINCE: who cosigned, and whether the quorum had before SINCE
    QUORUM_BEFORE= before= cosigned= unknown=
    if printf '%s\n' "$LIST" | awk '$1 == "quorum" && $2 != "none" { asked = 1 } END { exit asked }'; then
        notice "witnesses: your list asks for none"
        return
    fi
    printf '%s\n' "$LIST" | awk '$1 == "witness"' >"$TEMPORARY.witnesses"
    while read -r _ witness vkey _; do
        signed_by "$vkey"
        case $? in
        0) time=$(printf '%s' "$S_TIME" | awk '{ print strf($1) }
            function strf(t,    d, y, m, s) { d = int(t / 86400) + 719468; s = t % 86400; e = int(d / 146097); o = d - e * 146097
                y = int((o - int(o / 1460) + int(o / 36524) - int(o / 146096)) / 365); o -= 365 * y + int(y / 4) - int(y / 100); m = int((5 * o + 2) / 153)
                return sprintf("%04d%02d%02d%02d%02d%02d", y + e * 400 + (m >= 10), m < 10 ? m + 3 : m - 9, o - int((153 * m + 2) / 5) + 1, int(s / 3600), int(s % 3600 / 60), s % 60) }')
            counts=yes
            [ "$S_TIME" != 0 ] || counts=
            [ -z "$(revoked "$(print_of "$vkey")" | while read -r reason end; do if ! ending "$reason" || ! earlier "$time" "$end"; then printf no; fi; done)" ] || counts=
            [ -z "$counts" ] || cosigned="$cosigned $witness"
            if [ -n "$counts" ] && [ -n "$1" ] && earlier "$time" "$1"; then before="$before $witness"; fi ;;
        1) fails "witnesses: the line of $witness does not hold"; return ;;
        3) unknown="$unknown $witness" ;;
        esac
    done <"$TEMPORARY.witnesses"
    [ -z "$unknown" ] || notice "witnesses: ML-DSA-44 lines are not checked by this openssl:$unknown"
    if quorum_met "$cosigned"; then holds "witnesses: the quorum that you ask for has cosigned:$cosigned"; else fails "witnesses: the quorum that you ask for has not cosigned:${cosigned:- nobody}"; fi
    if [ -n "$1" ] && quorum_met "$before"; then QUORUM_BEFORE=yes; fi
}
earlier() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a "" < b "") }'; } # two times of 14 digits

check_asic() { # the container's own list of members
    text_of META-INF/ASiCManifest.xml >"$TEMPORARY.asic"
    listed=$(awk -F'"' '/^<asic:DataObjectReference / { split($0, part, "DigestValue>"); sub(/<.*/, "", part[2]); print $2, part[2] }' "$TEMPORARY.asic")
    wrong=$(printf '%s\n' "$listed" | while read -r name digest; do
        case "$name" in "" | *[!A-Za-z0-9./-]* | *..* | /*) printf ' %s' "$name" && continue ;; esac
        has "$name" && [ "$(hex_to_base64 "$(sha256_of "$name")")" = "$digest" ] || printf ' %s' "$name"
    done)
    unlisted=$(printf '%s' "$NAMES" | awk -v RS='|' -v listed="$listed" '
        BEGIN { n = split(listed, word, /[ \n]/); for (i = 1; i <= n; i += 2) known[word[i]] = 1 }
        $0 != "" && $0 != "mimetype" && $0 !~ /^(META-INF|renewals)\// && !known[$0] { printf " %s", $0 }')
    if [ -n "$listed" ] && [ -z "$wrong$unlisted" ]; then
        holds "container: every member has the digest in META-INF/ASiCManifest.xml"
    else
        fails "container: META-INF/ASiCManifest.xml does not agree with:$wrong$unlisted"
    fi
    text_of META-INF/timestamp.tst >"$TEMPORARY.tst"
    digest=$(sha256_of META-INF/ASiCManifest.xml)
    generalized=$(info_of "$TEMPORARY.tst" | awk '/GENERALIZEDTIME/ { sub(/.*:/, ""); print; exit }')
    if [ "$(imprint_of "$TEMPORARY.tst")" = "$digest" ] && stamps_time "$TEMPORARY.tst" "$digest" "$generalized" ""; then
        holds "container.token: it is over that list; a formality that adds no trust"
    else
        fails "container.token: its signature does not hold, or it is over something else"
    fi
}

info_of() { # info_of TOKEN CHAIN: what it says, when the signature of a certificate in it or beside it holds
    if [ -n "$2" ] && [ -s "$2" ]; then set -- "$1" -certfile "$2"; else set -- "$1"; fi
    token=$1
    shift
    openssl cms -verify -noverify -inform DER -in "$token" "$@" 2>/dev/null | openssl asn1parse -inform DER 2>/dev/null
}
imprint_of() { info_of "$1" "$2" | awk '/OCTET STRING/ { sub(/.*:/, ""); print tolower($0); exit }'; }
nonce_of() { awk '/^Nonce: / { print tolower($2) }'; }

check_time() { # the renewals, from the newest to the oldest, then the tokens over the checkpoint; PROVEN: the times that are believed
    PROVEN= BELIEVED= TIMED=
    number=99
    while [ $number -gt 0 ]; do
        if has_any "renewals/$number"; then check_renewal $number; fi
        number=$((number - 1))
    done
    while [ $number -lt 99 ]; do
        number=$((number + 1))
        has_any "tsa/$number" || continue
        check_token "token.$number" "tsa/$number" "$(sha256_of checkpoint.body)" 0
        [ -z "$GOOD" ] || TIMED=yes
    done
    case "$NAMES" in *"|tsa/"*) ;; *) [ -d "$BUNDLE/tsa" ] || notice "tokens: this bundle holds no authority's token; the time rests on the log alone" ;; esac
    if ends_in .crl || ends_in .ocsp; then notice "revocation: the stored lists and answers of the issuers are not read by this script; ipr verify reads them"; fi
    if ends_in .sha512; then notice "renewals: whether they carry the tokens on without a gap is not judged by this script; ipr verify and verify.html judge it"; fi
}

ends_in() { # ends_in ENDING: there is a member of tsa/ or renewals/ with this ending
    if [ -d "$BUNDLE" ]; then
        for path in "$BUNDLE"/tsa/*"$1" "$BUNDLE"/renewals/*"$1"; do if [ -f "$path" ]; then return 0; fi; done
        return 1
    fi
    case "$NAMES" in *"$1|"*) ;; *) return 1 ;; esac
}

has_any() { # has_any STEM: a member of this number, whatever its ending
    if [ -d "$BUNDLE" ]; then
        for path in "$BUNDLE/$1".* "$BUNDLE/$1"-*; do if [ -f "$path" ]; then return 0; fi; done
        return 1
    fi
    case "$NAMES" in *"|$1."* | *"|$1-"*) ;; *) return 1 ;; esac
}

stamps_time() { # stamps_time TOKEN DIGEST TIME: the signer's certificate is for time stamping, and is the one that the token names
    NEXT=$((NEXT + 1))
    { openssl pkcs7 -inform DER -in "$1" -print_certs 2>/dev/null; [ -z "$4" ] || awk '{ print }' "$4"; } >"$TEMPORARY.$NEXT"
    openssl ts -verify -digest "$2" -token_in -in "$1" -CAfile "$TEMPORARY.$NEXT" -untrusted "$TEMPORARY.$NEXT" -partial_chain -attime "$(seconds "$3")" >/dev/null 2>&1
}

readable() { # readable PEM: nothing, or certificates alone that can be read
    [ -s "$1" ] || return 0
    begun=$(awk '/-----BEGIN CERTIFICATE-----/ { n++ } END { print n + 0 }' "$1")
    [ "$begun" -gt 0 ] || return 1
    [ "$begun" = "$(openssl crl2pkcs7 -nocrl -certfile "$1" 2>/dev/null | openssl pkcs7 -print_certs 2>/dev/null | awk '/-----BEGIN/ { n++ } END { print n + 0 }')" ]
}

check_renewal() { # check_renewal NUMBER: its list agrees with every member, its token is over the root of its path
    VERDICT=intact
    NEXT=$((NEXT + 1))
    text_of "renewals/$1.sha512" >"$TEMPORARY.$NEXT"
    listed=$(awk 'NF == 0 { exit } { print }' "$TEMPORARY.$NEXT")
    path=$(awk 'found { print } NF == 0 { found = 1 }' "$TEMPORARY.$NEXT")
    if [ -d "$BUNDLE" ]; then names=$(printf '%s\n' "$listed" | awk '{ print $2 }'); else names=$(printf '%s' "$NAMES" | awk -v RS='|' '$0 != ""'); fi
    wanted=$(printf '%s\n' "$names" | while read -r name; do
        case "$name" in "" | files/* | *..* | /*) continue ;; renewals/*) earlier=${name#renewals/}; [ "${earlier%%[.-]*}" -lt "$1" ] || continue ;; esac
        printf '%s  %s\n' "$(sha512_of "$name")" "$name"
    done)
    sound=
    if [ -n "$listed" ] && [ "$listed" = "$wanted" ]; then holds "renewal.$1: its list agrees with every member"; sound=yes; else fails "renewal.$1: its list does not agree with the members"; fi
    root_=$(printf '%s\n' "$listed" | openssl dgst -sha512 -r | awk '{ print $1 }')
    root_=$(printf '%s\n' "$path" | { while read -r side sibling; do
        case "$side" in left) node=01$sibling$root_ ;; right) node=01$root_$sibling ;; *) continue ;; esac
        root_=$(printf '%s' "$node" | xxd -r -p | openssl dgst -sha512 -r | awk '{ print $1 }')
    done; printf '%s' "$root_"; })
    check_token "renewal.$1.token" "renewals/$1" "$root_" "$1"
    if [ -n "$GOOD" ] && [ -n "$sound" ]; then BELIEVED="$BELIEVED $GOOD"; fi
}

check_token() { # check_token NAME STEM DIGEST RENEWAL: sets GOOD to the time when the token is believed
    VERDICT=timed GOOD= DIGEST=$3
    NEXT=$((NEXT + 1))
    t=$TEMPORARY.$NEXT
    for part in .tsr .tsq -chain.pem; do if has "$2$part"; then text_of "$2$part" >"$t$part"; else : >"$t$part"; fi; done
    if ! readable "$t-chain.pem"; then fails "$1: the stored certificates cannot be read"; return; fi
    if ! openssl ts -reply -in "$t.tsr" -token_out -out "$t.token" >/dev/null 2>&1; then fails "$1: the authority's answer holds no token"; return; fi
    info=$(info_of "$t.token" "$t-chain.pem")
    if [ -z "$info" ] || [ "$(imprint_of "$t.token" "$t-chain.pem")" != "$3" ]; then fails "$1: its signature does not hold, or it is over something else"; return; fi
    if [ "$(openssl ts -query -in "$t.tsq" -text 2>/dev/null | nonce_of)" != "$(openssl ts -reply -in "$t.tsr" -text 2>/dev/null | nonce_of)" ]; then
        fails "$1: it answers another query"
        return
    fi
    generalized=$(printf '%s\n' "$info" | awk '/GENERALIZEDTIME/ { sub(/.*:/, ""); print; exit }')
    if ! stamps_time "$t.token" "$3" "$generalized" "$t-chain.pem"; then
        fails "$1: the signer's certificate is not for time stamping only, or not the one that the token names"
        return
    fi
    holds "$1: signed over these bytes, says $generalized"
    if printf '%s\n' "$info" | awk -v own=":$OWN_CLOCK" 'index($0, own) { found = 1 } END { exit !found }'; then
        notice "$1: made by the service's own clock: test authority, not independent"
        return
    fi
    if [ -z "$ROOTS" ]; then notice "$1: the signature holds, but no root certificate was given, so whose clock it was is not checked"; return; fi
    if ! leads_to "$ROOTS"; then notice "$1: it does not lead to a root that you gave, at the time it names"; return; fi
    GOOD=$(digits "$generalized")
    if [ -n "$(lost_to_revocation "$GOOD" "$4")" ]; then
        notice "$1: it leads to a root that you gave, but was revoked, and nobody else proves that it is older"
        GOOD=
        return
    fi
    holds "$1: leads to a root that you gave, at the time it names"
    PROVEN="$PROVEN
$GOOD"
}

leads_to() { # leads_to ROOTS: the token's certificates, at its own time
    openssl ts -verify -digest "$DIGEST" -token_in -in "$t.token" -CAfile "$1" -untrusted "$t-chain.pem" -attime "$(seconds "$generalized")" >/dev/null 2>&1
}

lost_to_revocation() { # lost_to_revocation TIME RENEWAL: says so when a revocation of the list reaches one of the token's certificates
    printf '%s\n' "$LIST" | awk '$1 == "revoked" { found = 1 } END { exit !found }' || return
    { openssl pkcs7 -inform DER -in "$t.token" -print_certs 2>/dev/null; awk '{ print }' "$t-chain.pem" "$ROOTS"; } |
        awk -v stem="$t.one" '/^-----BEGIN/ { n++; inside = 1 } inside { print > (stem n) } /^-----END/ { inside = 0; close(stem n) } END { print n + 0 > (stem "s") }'
    count=$(awk '{ print }' "$t.ones")
    while [ "$count" -gt 0 ]; do
        openssl x509 -in "$t.one$count" -outform DER -out "$t.der$count" 2>/dev/null
        revoked "$(sha256sum <"$t.der$count" | awk '{ print $1 }')" | while read -r reason since; do
            uses "$count" || continue
            if ending "$reason"; then earlier "$1" "$since" || printf lost; continue; fi
            printf '%s\n' "$BELIEVED" | awk -v since="$since" '{ for (i = 1; i <= NF; i++) if ($i < since) kept = 1 } END { exit kept }' && printf lost
        done
        count=$((count - 1))
    done
}

uses() { # uses NUMBER: certificate NUMBER is needed for the token's path, or stands in the token or beside it
    [ "$(awk -v text="$(awk 'NR == 2' "$t.one$1")" 'index($0, text) { found = 1 } END { print found + 0 }' "$ROOTS")" = 1 ] || return 0
    awk -v out="$t.without$1" -v text="$(awk '/^-----/ { next } { printf "%s", $0 }' "$t.one$1")" '
        /^-----BEGIN/ { block = ""; body = "" } { block = block $0 "\n" } !/^-----/ { body = body $0 }
        /^-----END/ { if (body != text) printf "%s", block > out }' "$ROOTS"
    [ -s "$t.without$1" ] || return 0
    ! leads_to "$t.without$1"
}

seconds() { # 20261122150000Z as seconds since 1970
    awk -v t="$1" 'BEGIN {
        y = substr(t, 1, 4) + 0; m = substr(t, 5, 2) + 0; d = substr(t, 7, 2) + 0
        if (m <= 2) { y--; m += 12 }
        days = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 719469
        printf "%d", days * 86400 + substr(t, 9, 2) * 3600 + substr(t, 11, 2) * 60 + substr(t, 13, 2) }'
}

# ---- the order -------------------------------------------------------------------------------------------------------

for tool in unzip awk base64 xxd sha256sum openssl; do
    command -v $tool >/dev/null 2>&1 || usage "$tool is not installed"
done
[ -e "$BUNDLE" ] || usage "$BUNDLE cannot be opened"
[ -z "$ROOTS" ] || [ -r "$ROOTS" ] || usage "$ROOTS cannot be opened"
case "$TRUST" in
"") usage "give the log's fingerprint, 64 hexadecimal digits, or a trust list, from its public page or another source that you trust" ;;
*[!0-9a-f]*) [ -f "$TRUST" ] && [ -r "$TRUST" ] || usage "$TRUST is neither a fingerprint (64 hexadecimal digits in lower case) nor a file that can be opened" ;;
*) [ ${#TRUST} = 64 ] || usage "a fingerprint has 64 hexadecimal digits" ;;
esac
ML_DSA=$(openssl list -signature-algorithms 2>/dev/null | awk '/ML-DSA-44/ { print "yes"; exit }')

read_trust
list_members
if [ -d "$BUNDLE" ] || [ -n "$NAMES" ]; then
    check_forms
    check_files
    check_statements
    check_entry
    check_proof
    check_signatures
    check_asic
    check_time
    VERDICT=trusted
    check_key
else
    LOST="$LOST trusted timed" TIMED=
fi

said() { case " $LOST " in *" $1 "*) printf no ;; *) printf yes ;; esac; }
intact=$(said intact) trusted=$(said trusted) timed=no
if [ -n "$TIMED" ] && [ "$(said timed)" = yes ]; then timed=yes; fi
if [ -n "$FAILED" ]; then printf '\nFailed: %s\n' "$FAILED"; fi
if [ "$intact$trusted" = yesyes ]; then
    printf '\nVERIFIED: what was registered stood in the log %s when it had %s entries,\nsigned by a key that you named.\n' "$SHOWN" "$size"
    printf 'Not proved: who the author is, and that the idea is new.\n'
else
    printf '\nNOT VERIFIED.\n'
fi
printf 'intact: %s, trusted: %s, timed: %s\n' "$intact" "$trusted" "$timed"
[ "$intact$trusted" = yesyes ]
