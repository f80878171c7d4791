/* ---- timestamps (RFC 3161), their certificates, renewals ------------------------------------------------------------------------------------------- */

// One DER element: tag, body, and der, the bytes with their head. children() reads what is inside.
function element(bytes, at = 0) {
  const long = bytes[at + 1] > 127 ? bytes[at + 1] & 127 : 0, start = at + 2 + long;
  if (long > 4 || long === 0 && bytes[at + 1] === 128) throw 0;
  const size = long ? number(bytes.subarray(at + 2, start)) : bytes[at + 1], end = start + size;
  if (!(end <= bytes.length) || (long && (size < 128 || !bytes[at + 2]))) throw 0;
  return { tag: bytes[at], body: bytes.subarray(start, end), der: bytes.subarray(at, end), end };
}
const children = (one) => { const found = []; for (let at = 0; at < one.body.length; at = found.at(-1).end) found.push(element(one.body, at)); return found; };
const whole = (bytes) => { const one = element(bytes); if (one.end !== bytes.length) throw 0; return one; };
const need = (condition) => { if (!condition) throw 0; };
const oid = (one) => {
  need(one.tag === 6);
  const numbers = [];
  let value = 0n;
  for (const byte of one.body) { value = value << 7n | BigInt(byte & 127); if (byte < 128) { numbers.push(value); value = 0n; } }
  const first = numbers[0] < 80n ? numbers[0] / 40n : 2n;
  return [first, numbers[0] - 40n * first, ...numbers.slice(1)].join(".");
};
const moment = (one) => {
  const text = utf8(one.body), found = (one.tag === 23 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?Z$/).exec(text);
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number), full = one.tag === 23 ? year + (year < 50 ? 2000 : 1900) : year;
  return Date.UTC(full, month - 1, day, hour, minute, second) + 1000 * +`0.${found[7] || 0}`;
};
const HASHES = { "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512" };
const SIZES = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };
const SIGNS = { "1.2.840.113549.1.1.11": "SHA-256", "1.2.840.113549.1.1.12": "SHA-384", "1.2.840.113549.1.1.13": "SHA-512", "1.2.840.10045.4.3.2": "SHA-256", "1.2.840.10045.4.3.3": "SHA-384", "1.2.840.10045.4.3.4": "SHA-512" };
const CURVES = { "1.2.840.10045.3.1.7": ["P-256", 32], "1.3.132.0.34": ["P-384", 48], "1.3.132.0.35": ["P-521", 66] };
const OWN_CLOCK = "2.25.228873531658565843331102762002533959126", STAMPING = "1.3.6.1.5.5.7.3.8";

function readCertificate(der) {
  const one = whole(der), [body, algorithm, signature] = children(one), fields = children(body);
  if (fields[0].tag === 0xa0) fields.shift();
  const [serial, , issuer, validity, subject, key, ...rest] = fields, [from, to] = children(validity).map(moment), extensions = new Map();
  for (const extension of rest.filter((field) => field.tag === 0xa3).flatMap((field) => children(children(field)[0]))) {
    const parts = children(extension);
    extensions.set(oid(parts[0]), { critical: parts.length > 2 && parts[1].body[0] > 0, value: whole(parts.at(-1).body) });
  }
  return { der: one.der, signed: body.der, algorithm, signature: signature.body.subarray(1), serial: hex(serial.body), issuer: issuer.der, subject: subject.der, from, to, key, extensions };
}
const text = (name) => children(element(name)).flatMap(children).map((one) => { const [, value] = children(one); return new TextDecoder(value.tag === 30 ? "utf-16be" : "utf-8").decode(value.body); }).reverse().join(", ");

// Whether the owner of a certificate signed these bytes: RSA (PKCS 1.5 or PSS) or ECDSA, with SHA-256, 384 or 512.
async function signedBy(certificate, algorithm, signature, bytes, plainHash) {
  const [kind, parameters] = children(children(certificate.key)[0]), [used, given] = children(algorithm), how = oid(used);
  let scheme, imported, raw = signature, hash = SIGNS[how];
  if (oid(kind) === "1.2.840.10045.2.1") {
    const [curve, size] = CURVES[oid(parameters)], parts = children(whole(signature)).map((one) => { need(one.tag === 2); return one.body; });
    need(how.startsWith("1.2.840.10045.4.3."));
    raw = new Uint8Array(2 * size);
    parts.forEach((part, i) => { while (part[0] === 0) part = part.subarray(1); need(part.length <= size); raw.set(part, (i + 1) * size - part.length); });
    scheme = { name: "ECDSA", hash };
    imported = { name: "ECDSA", namedCurve: curve };
  } else {
    need(oid(kind) === "1.2.840.113549.1.1.1" && how.startsWith("1.2.840.113549.1.1."));
    scheme = { name: "RSASSA-PKCS1-v1_5" };
    if (how.endsWith(".10")) {
      const [digested, , salt] = children(given);
      hash = HASHES[oid(children(children(digested)[0])[0])];
      scheme = { name: "RSA-PSS", saltLength: number(children(salt)[0].body) };
    } else if (how.endsWith(".1.1")) hash = plainHash;
    imported = { name: scheme.name, hash };
  }
  need(hash);
  return crypto.subtle.verify(scheme, await crypto.subtle.importKey("spki", certificate.key.der, imported, false, ["verify"]), raw, bytes);
}

// Certificates from the signer to one of the roots, each valid at that time; null when there is none.
async function chainOf(certificate, others, roots, time, depth = 0) {
  const inTime = (one) => one.from <= time && time <= one.to;
  const certifies = (one) => {
    const basic = one.extensions.get("2.5.29.19"), usage = one.extensions.get("2.5.29.15");
    return basic && children(basic.value)[0]?.tag === 1 && children(basic.value)[0].body[0] > 0 && (!usage || usage.value.body[1] & 4);
  };
  if (!inTime(certificate) || depth > 8) return null;
  if (roots.some((root) => equal(root.der, certificate.der))) return depth ? [certificate] : null;
  for (const issuer of [...roots, ...others]) {
    if (!equal(issuer.subject, certificate.issuer) || equal(issuer.der, certificate.der) || !certifies(issuer)) continue;
    if (!await signedBy(issuer, certificate.algorithm, certificate.signature, certificate.signed).catch(() => false)) continue;
    const rest = await chainOf(issuer, others, roots, time, depth + 1);
    if (rest) return [certificate, ...rest];
  }
  return null;
}

// What a token says once its signature holds and it is over this digest, or an error. others: certificates stored beside it.
async function readToken(reply, over, others = [], query = null) {
  const refuse = (condition, msgid) => must(condition, msgid);
  const broken = N_("there is no timestamp token with one signer in it");
  let parts;
  try {
    const outer = children(whole(reply)), status = outer[0].tag === 0x30 ? number(children(outer[0])[0].body) : null;
    refuse(status === null || status < 2, N_("the authority refused"));
    const content = status === null ? outer : children(outer[1]), data = children(children(content[1])[0]), [type, inner] = children(data[2]), infos = children(data.at(-1));
    need(oid(content[0]) === "1.2.840.113549.1.7.2" && oid(type) === "1.2.840.113549.1.9.16.1.4" && infos.length === 1 && data.at(-1).tag === 0x31);
    const bytes = children(inner)[0].body, [, policy, imprint, , time, ...rest] = children(whole(bytes)), [, sid, digested, attributes, algorithm, signature] = children(infos[0]);
    const inside = data.slice(3, -1).filter((one) => one.tag === 0xa0).flatMap(children).filter((one) => one.tag === 0x30).map((one) => readCertificate(one.der));
    const named = new Map(children(attributes).map((one) => [oid(children(one)[0]), children(children(one)[1])]));
    need(attributes.tag === 0xa0 && named.size === children(attributes).length && Array.from(named.values()).every((values) => values.length === 1));
    const [algorithmOf, value] = children(imprint);
    parts = { bytes, policy: oid(policy), hash: HASHES[oid(children(algorithmOf)[0])], imprint: value.body, time: moment(time), nonce: rest.find((one) => one.tag === 2), sid, digested: HASHES[oid(children(digested)[0])], attributes, algorithm, signature, inside, named };
    need(parts.hash && parts.digested);
  } catch (error) {
    throw error instanceof Failed ? error : new Failed(broken);
  }
  refuse(equal(parts.imprint, over) && SIZES[parts.hash] === over.length, N_("it covers other bytes"));
  if (query) {
    const nonceOf = async () => {
      const [version, imprint, ...rest] = children(whole(query)), [algorithm, value] = children(imprint);
      need(number(version.body) === 1 && value.tag === 4 && SIZES[HASHES[oid(children(algorithm)[0])]] === value.body.length);
      return rest.find((one) => one.tag === 2);
    };
    const asked = await nonceOf().catch(() => must(false, UNREADABLE));
    refuse(asked ? parts.nonce && equal(asked.body, parts.nonce.body) : true, N_("it answers another query"));
  }
  const all = [...parts.inside, ...others];
  const signer = all.find((one) => {
    if (parts.sid.tag !== 0x30) { const id = one.extensions.get("2.5.29.14"); return id && equal(id.value.body, parts.sid.body); }
    const [issuer, serial] = children(parts.sid);
    return equal(issuer.der, one.issuer) && hex(serial.body) === one.serial;
  });
  refuse(signer, N_("the signer's certificate is missing"));
  const attribute = (id) => parts.named.get(id)?.[0], signed = parts.attributes.der.slice();
  signed[0] = 0x31;
  const holds = async () => {
    need(oid(attribute("1.2.840.113549.1.9.3")) === "1.2.840.113549.1.9.16.1.4");
    need(equal(attribute("1.2.840.113549.1.9.4").body, await digest(parts.digested, parts.bytes)));
    return signedBy(signer, parts.algorithm, parts.signature.body, signed, parts.digested);
  };
  refuse(await holds().catch(() => false), N_("the signature does not hold"));
  const usage = signer.extensions.get("2.5.29.37"), key = signer.extensions.get("2.5.29.15");
  refuse(usage?.critical && children(usage.value).map(oid).join() === STAMPING && (!key || key.value.body[1] & 0xc0), N_("the signer's certificate is not for time stamping only"));
  const identified = async (id, first) => {
    const fields = children(children(children(attribute(id))[0])[0]), hash = first || (fields[0].tag === 0x30 ? HASHES[oid(children(fields.shift())[0])] : "SHA-256");
    return equal(fields[0].body, await digest(hash, signer.der));
  };
  const ids = [["1.2.840.113549.1.9.16.2.12", "SHA-1"], ["1.2.840.113549.1.9.16.2.47", ""]].filter(([id]) => attribute(id));
  const same = await Promise.all(ids.map(([id, first]) => identified(id, first).catch(() => false)));
  refuse(same.length && same.every(Boolean), N_("the token does not name this certificate as its signer's"));
  return { time: parts.time, authority: text(signer.subject), own: parts.policy === OWN_CLOCK, signer, all };
}

async function checkTime(bundle, trust, report, step, say) {
  const numbers = (folder) => Array.from(new Set(bundle.names.filter((name) => name.startsWith(folder)).map((name) => parseInt(name.slice(folder.length)))));
  const stamps = [], has = async (name) => (bundle.names.includes(name) ? bundle.read(name) : new Uint8Array());
  const look = async (name, renewal, stem, over) => {
    try {
      const pem = utf8(await has(`${stem}-chain.pem`)), others = [];
      for (const [, der] of pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g)) others.push(readCertificate(fromBase64(der.replace(/\s/g, ""))));
      must(others.length ? others.length === pem.split("-----BEGIN CERTIFICATE-----").length - 1 : !pem, N_("The stored certificates cannot be read."));
      const token = await readToken(await has(`${stem}.tsr`), over, others, await has(`${stem}.tsq`));
      must(token.time <= Date.now(), N_("{authority} names a time that has not come yet: {time}"), { authority: token.authority, time: shown(token.time) });
      token.chain = await chainOf(token.signer, token.all, trust.roots, token.time);
      token.prints = await Promise.all((token.chain || []).map(async (one) => hex(await sha256(one.der))));
      stamps.push({ ...token, name, renewal });
    } catch (error) { say("timed", name, "fails", error instanceof Failed ? error.message : UNREADABLE, error.values); }
  };
  const tokens = numbers("tsa/"), renewals = numbers("renewals/"), sound = new Set();
  if (!tokens.length) say("timed", "tokens", "absent", N_("this bundle holds no authority's token; the time rests on the log alone"));
  const body = await sha256(await bundle.read("checkpoint.body"));
  for (const n of tokens) await look(`token.${n}`, 0, `tsa/${n}`, body);
  if (bundle.names.some((name) => /\.(crl|ocsp)$/.test(name))) say("timed", "revocation", "not asked", N_("the stored lists and answers of the issuers are not read by this page; ipr verify reads them"));
  for (const n of renewals) {
    const [list, path] = utf8(await has(`renewals/${n}.sha512`)).split(/(?<=\n)\n/);
    await step(`renewal.${n}`, async () => {
      let lines = "";
      for (const name of bundle.names) if (!name.startsWith("files/") && !(name.startsWith("renewals/") && parseInt(name.slice(9)) >= n)) lines += `${hex((await bundle.hashed(name))[1])}  ${name}\n`;
      must(lines === list, N_("its list does not agree with the members"));
      sound.add(n);
      return N_("its list agrees with every member");
    });
    let root = await digest("SHA-512", list);
    for (const line of path ? path.trimEnd().split("\n") : []) {
      const [side, sibling] = line.split(" "), other = /^[0-9a-f]{128}$/.test(sibling) ? fromHex(sibling, 64) : [];
      root = await digest("SHA-512", Uint8Array.of(1), ...(side === "left" ? [other, root] : [root, other]));
    }
    await look(`renewal.${n}.token`, n, `renewals/${n}`, root);
  }
  const believed = [];
  for (const stamp of stamps.toSorted((a, b) => b.renewal - a.renewal)) {
    stamp.revoked = trust.revoked.filter((one) => stamp.prints.includes(one.print)).sort((a, b) => a.since - b.since);
    const stays = (one) => (ENDINGS.includes(one.reason) ? stamp.time < one.since : believed.some((later) => later.renewal > stamp.renewal && later.time < one.since));
    if (stamp.chain && !stamp.own && (!stamp.renewal || sound.has(stamp.renewal)) && stamp.revoked.every(stays)) believed.push(stamp);
  }
  report.proven = believed.map((stamp) => stamp.time);
  for (const stamp of stamps) {
    const values = { authority: stamp.authority, time: shown(stamp.time) }, good = believed.includes(stamp), [revoked] = stamp.revoked, tell = (outcome, msgid, more) => say("timed", stamp.name, outcome, msgid, { ...values, ...more });
    if (!stamp.renewal && (stamp.own || good)) report.tokens.push({ ...values, independent: !stamp.own });
    if (stamp.own) tell("absent", N_("{time}, by the service's own clock: test authority, not independent"));
    else if (revoked) tell(good ? "holds" : "absent", good ? N_("{authority} stamped this at {time}; revoked since {since} ({reason}), which does not reach back to it") : N_("{authority} says {time}, but was revoked since {since} ({reason}), and nobody else proves that it is older"), { since: revoked.shown, reason: revoked.reason });
    else if (stamp.chain) tell("holds", N_("{authority} stamped this at {time}; its root is in your trust list"));
    else if (trust.roots.length) tell("absent", N_("{authority} says {time}, but no root in your trust list vouches for it then"));
    else tell("not asked", N_("{authority} says {time}; you brought no root certificate to judge it by"));
  }
  checkChains(stamps.filter((stamp) => believed.includes(stamp)), say);
}

// Of each believed token, the renewals that carry it on: each made before everything that it covers had ended.
function checkChains(believed, say) {
  const renewals = believed.filter((stamp) => stamp.renewal).sort((a, b) => a.renewal - b.renewal), ends = (links) => Math.max(...links.map((stamp) => Math.min(...stamp.chain.map((one) => one.to))));
  for (const first of renewals.length ? believed.filter((stamp) => !stamp.renewal) : []) {
    const links = [first], name = `${first.name}.chain`;
    let late = null;
    for (const next of renewals) {
      if (next.time < links.at(-1).time) continue;
      if (next.time <= ends(links)) links.push(next);
      else late ??= next;
    }
    const ended = shown(ends(links)), said = links.map((one) => `${one.authority} ${shown(one.time)}`).join("; ");
    if (late) say("timed", name, "absent", N_("renewed by {authority} at {time} only, after its certificates had ended ({ended}): from then on it stands by itself"), { authority: late.authority, time: shown(late.time), ended });
    else if (links.length > 1) say("timed", name, "holds", N_("carried on without a gap until {until}: {links}"), { until: ended, links: said });
    else say("timed", name, "absent", N_("no renewal carries it on: its certificates ended at {ended}"), { ended });
  }
}
const shown = (time) => new Date(Math.floor(time / 1000) * 1000).toISOString().replace(".000", "");
