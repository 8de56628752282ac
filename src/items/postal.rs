//! Addresses as one line, in the order of their country.

use crate::wire::items::FieldObject;

/// Lines of an address, and the countries whose addresses look so: `s` street, `c` city, `t`
/// state, `z` postal code, `k` country; a comma ends a line.
///
/// Seen with the vendor's client for every code of two letters.
const LAYOUTS: [(&str, &str); 33] = [
    (
        "s,zc,k",
        "ad ae am at az ba be bg bl cd ch ci cl cr cu cv cy cz de dk dz ee et fi fo fr ga ge gf gl gn gp gr gt gw hn hr ht il ir is la li lr lt lu ma mc md me mf mg mh mk mq nc ne nl no pl pm ps pt py qa re ro rs se si sj sk sn sy tj tm tn va wf ye yt zm",
    ),
    (
        "s,c,k",
        "af ag al ao aw bi bj bo bt bw cf cg ck cm cw dj dm eh er gd gh gi gm gq gy km kp lc ly ml mr ms na nu rw sb sc sl ss st sx td tg tl to tt tv tz ug vc vu ws zw",
    ),
    ("s,c,zk", "ai"),
    ("s,zc,t,k", "ar by kw mz pa sv"),
    ("s,cz,k", "as bd bf bh bm bn co gu je jm kh lb ls lv mm mn mv mw nf np pe pk sa sg"),
    ("s,c,z,k", "bb fk gs im iq ke lk mt pn sh sz tc"),
    ("s,zct,k", "br es it kn mx my pf sm uy"),
    ("s,ct,k", "bs nr"),
    ("s,c,t,k", "bz ki sr"),
    ("k,tc,s,z", "cn"),
    ("s,t,zc,k", "do"),
    ("s,z,c,k", "ec mu sd"),
    ("s,t,c,k", "eg fj"),
    ("s,c,t,z,k", "gb uk za"),
    ("k,zc,s", "hk mo"),
    ("zc,s,k", "hu kg"),
    ("s,c,tz,k", "id"),
    ("s,t,cz,k", "in nz th tk vn"),
    ("t,s,cz,k", "jo"),
    ("z,tc,s,k", "jp"),
    ("z,k,tc,s", "kr"),
    ("s,t,k", "ky"),
    ("s,ct,k,z", "kz"),
    ("s,cz,t,k", "ng"),
    ("s,z,ct,k", "ni"),
    ("s,z,c,t,k", "om"),
    ("s,czt,k", "pg ve"),
    ("st,zc,k", "ph"),
    ("s,c,t,k,z", "ru"),
    ("s,zt,ck", "tr"),
    ("k,ztc,s", "tw"),
    ("s,ct,z,k", "ua"),
    ("s,c,k,z", "uz"),
];
/// Of the United States, and where the country is not known.
const DEFAULT_LAYOUT: &str = "s,ctz,k";

/// `one_line(address) -> text`
///
/// The parts that are there, words of a line by spaces, lines by commas.
///
/// # Source
/// protocol.md “Resolving a reference” 6 (observed)
pub fn one_line(address: &FieldObject) -> String {
    let FieldObject { street, city, state, zip, country, .. } = address;
    let layout = layout_of(country.expose());
    let parts = [street, city, state, zip, country];
    let room = parts.iter().map(|part| part.expose().len() + ", ".len()).sum();
    // The capacity suffices, so that nothing moves and leaves a copy.
    let mut text = String::with_capacity(room);
    let mut separator = "";
    for letter in layout.bytes() {
        let part = match letter {
            b's' => street,
            b'c' => city,
            b't' => state,
            b'z' => zip,
            b'k' => country,
            _ => {
                separator = if text.is_empty() { "" } else { ", " };
                continue;
            }
        };
        if !part.expose().is_empty() {
            text.push_str(separator);
            text.push_str(part.expose());
            separator = " ";
        }
    }
    text
}

fn layout_of(country: &str) -> &'static str {
    let is_its = |codes: &str| codes.split(' ').any(|code| code == country);
    let known = LAYOUTS.iter().find(|(_, codes)| country.len() == 2 && is_its(codes));
    known.map_or(DEFAULT_LAYOUT, |(layout, _)| layout)
}
