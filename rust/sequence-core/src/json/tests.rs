use std::borrow::Cow;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { depth: 32, string: 512, array: 2000 };

/// Writes back what it is fed: a second view of the same document.
#[derive(Default)]
struct Writer {
    out: String,
    first: Vec<bool>,
    after_key: bool,
    closers: Vec<char>,
}

impl Writer {
    fn put(&mut self, text: &str) {
        if !std::mem::take(&mut self.after_key)
            && let Some(first) = self.first.last_mut()
            && !std::mem::replace(first, false)
        {
            self.out.push(',');
        }
        self.out.push_str(text);
    }

    fn open(&mut self, opener: &str, closer: char) {
        self.put(opener);
        self.first.push(true);
        self.closers.push(closer);
    }
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c)).unwrap(),
            c => out.push(c),
        }
    }
    out + "\""
}

impl<'a> Sink<'a> for Writer {
    type Error = ();

    fn begin_object(&mut self) -> Result<(), ()> {
        self.open("{", '}');
        Ok(())
    }
    fn begin_array(&mut self) -> Result<(), ()> {
        self.open("[", ']');
        Ok(())
    }
    fn end(&mut self) -> Result<(), ()> {
        self.first.pop();
        self.out.push(self.closers.pop().unwrap());
        Ok(())
    }
    fn key(&mut self, key: Cow<'a, str>) -> Result<(), ()> {
        self.put(&(quote(&key) + ":"));
        self.after_key = true;
        Ok(())
    }
    fn string(&mut self, text: Cow<'a, str>) -> Result<(), ()> {
        self.put(&quote(&text));
        Ok(())
    }
    fn number(&mut self, number: JsonNumber<'a>) -> Result<(), ()> {
        self.put(number.text());
        Ok(())
    }
    fn bool(&mut self, value: bool) -> Result<(), ()> {
        self.put(if value { "true" } else { "false" });
        Ok(())
    }
    fn null(&mut self) -> Result<(), ()> {
        self.put("null");
        Ok(())
    }
}

fn rewrite(body: &[u8]) -> Result<String, Fault> {
    let mut writer = Writer::default();
    match read(body, LIMITS, &mut writer) {
        Ok(()) => Ok(writer.out),
        Err(ReadError::Fault(fault)) => Err(fault),
        Err(ReadError::Sink(())) => panic!("the writer does not fail"),
    }
}

fn kind(body: &[u8]) -> Option<JsonErrorKind> {
    rewrite(body).err().map(|fault| fault.kind)
}

#[test]
fn a_document_comes_out_as_it_went_in() {
    for (text, same) in [
        (r#"{"a":[1,-0,2.50,1e400,true,false,null],"b":{}}"#, None),
        (" [ ] \r\n\t", Some("[]")),
        (r#""\u00e9\ud83d\ude00\n""#, Some("\"é😀\\u000a\"")),
        ("123456789012345678901234567890", None),
        (r#"{"":{"":[]}}"#, None),
    ] {
        assert_eq!(rewrite(text.as_bytes()).as_deref(), Ok(same.unwrap_or(text)));
    }
}

#[test]
fn what_is_not_the_grammar_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{1:2}",
        "[1 2]",
        "1 2",
        "{} {}",
        "[]x",
        "01",
        "+1",
        ".5",
        "5.",
        "0x10",
        "1_000",
        "1e",
        "1e+",
        "-",
        "--1",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "True",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\u{0}\"",
        "[}",
        "{]",
        "]",
        "}",
        ",",
        ":",
        "１２",
        "\u{feff}{}",
    ] {
        assert_eq!(kind(text.as_bytes()), Some(JsonErrorKind::Syntax), "{text:?}");
    }
}

#[test]
fn text_that_is_no_text_is_refused() {
    for bytes in [
        &b"\"\xff\""[..],
        b"\"\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
        br#""\ud800""#,
        br#""\ud800x""#,
        br#""\ud800\u0041""#,
        br#""\udc00""#,
        br#"{"\ud800":1}"#,
    ] {
        assert_eq!(kind(bytes), Some(JsonErrorKind::Encoding), "{bytes:?}");
    }
}

#[test]
fn the_depth_limit_is_a_limit_and_not_a_crash() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(kind(nested(32).as_bytes()), None);
    assert_eq!(kind(nested(33).as_bytes()), Some(JsonErrorKind::Depth));
    assert_eq!(kind("[".repeat(200_000).as_bytes()), Some(JsonErrorKind::Depth));
    assert_eq!(kind("{\"a\":".repeat(200_000).as_bytes()), Some(JsonErrorKind::Depth));
}

#[test]
fn a_key_may_come_once_however_it_is_spelt() {
    for text in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, r#"[{"x":{"b":1,"c":2,"b":3}}]"#] {
        assert_eq!(kind(text.as_bytes()), Some(JsonErrorKind::Duplicate), "{text}");
    }
    assert_eq!(kind(br#"{"a":{"a":1},"b":{"a":1}}"#), None);
}

#[test]
fn sizes_are_judged_after_the_grammar() {
    let long = format!("[\"{}\"]", "x".repeat(513));
    assert_eq!(kind(long.as_bytes()), Some(JsonErrorKind::String));
    assert_eq!(kind(format!("{long} x").as_bytes()), Some(JsonErrorKind::Syntax));
    assert_eq!(kind(format!("[\"{}\"]", "\\u0041".repeat(512)).as_bytes()), None);
    let wide = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
    assert_eq!(kind(wide(2000).as_bytes()), None);
    assert_eq!(kind(wide(2001).as_bytes()), Some(JsonErrorKind::Array));
}

#[test]
fn an_error_says_where_it_is() {
    for (text, path) in [
        (r#"{"positions":[{},{},{},{"qty":01}]}"#, "positions[3].qty"),
        (r#"{"a":{"b":1,"b":2}}"#, "a.b"),
        // Between two elements: the last place that was reached.
        ("[[1],[2,x]]", "[1][0]"),
        ("nope", ""),
    ] {
        assert_eq!(rewrite(text.as_bytes()).unwrap_err().path, path, "{text}");
    }
}

#[test]
fn named_members_are_lent_and_the_rest_is_checked() {
    let text = r#" {"skip":[1,{"x":"}"}],"price":63381.0,"s":"a\/b","n":null} "#;
    let mut scanner = Scanner::of(text);
    let [price, s, missing] = scanner.fields(&["price", "s", "missing"]).unwrap();
    scanner.finish().unwrap();
    assert_eq!(price.unwrap().decimal(), Ok("63381.0"));
    assert_eq!(s.unwrap().string().unwrap(), "a/b");
    assert_eq!(missing, None);
    let kinds = |text| Scanner::of(text).fields(&["a"]).map_err(|error| error.kind);
    assert_eq!(kinds("[]"), Err(JsonErrorKind::Type));
    assert_eq!(kinds(r#"{"a":1,"a":1}"#), Err(JsonErrorKind::Duplicate));
    assert_eq!(kinds(r#"{"b":tru}"#), Err(JsonErrorKind::Syntax));
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,5})\\.[0-9]{1,4}([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| quote(&text)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| format!("{}:{value}", quote(key))).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_round_trips(text in document()) {
        prop_assert_eq!(rewrite(text.as_bytes()), Ok(text));
    }

    #[test]
    fn no_proper_prefix_of_a_container_is_a_document(text in document()) {
        if text.starts_with(['[', '{', '"']) {
            for end in 0..text.len() {
                prop_assert!(rewrite(&text.as_bytes()[..end]).is_err());
            }
        }
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = rewrite(&bytes);
        let _ = Scanner::new(&bytes).and_then(|mut scanner| scanner.fields(&["a", "b"]));
    }
}

#[test]
fn an_envelope_and_what_it_carries_come_in_one_walk() {
    let read = |text| {
        let mut scanner = Scanner::of(text);
        let found = scanner.fields_through(&["s", "data"], "data", &["a", "b"], |_, _| None);
        found.map(|(outer, inner)| {
            let text = |raw: Option<Raw<'static>>| raw.map(Raw::text);
            assert_eq!(scanner.finish(), Ok(()));
            (outer.map(text), inner.map(|inner| inner.map(|inner| inner.map(text))))
        })
    };
    let (outer, inner) =
        read(r#"{"s": 1, "data": {"a": [1, {"b": 2}], "c": {}}, "x": 2}"#).unwrap();
    assert_eq!(outer, [Some("1"), Some(r#"{"a": [1, {"b": 2}], "c": {}}"#)]);
    assert_eq!(inner, Some(Ok([Some(r#"[1, {"b": 2}]"#), None])));
    let (outer, inner) = read(r#"{"data": {"a": 1, "a": 2}, "s": 3}"#).unwrap();
    assert_eq!(outer, [Some("3"), Some(r#"{"a": 1, "a": 2}"#)]);
    assert_eq!(inner.unwrap().unwrap_err().kind, JsonErrorKind::Duplicate);
    assert_eq!(read(r#"{"data": [1]}"#).unwrap().1, None);
    for wrong in [r#"{"data": {}, "data": {}}"#, r#"{"data": {"a": }}"#, "[]", r#"{"data": {"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_list_that_the_caller_reads_is_passed_over_where_it_stands() {
    let text = r#"{"l": [[1], 2], "data": {"m": 0, "l": [[3]], "a": [4]}, "s": 5}"#;
    let (mut scanner, mut seen) = (Scanner::of(text), Vec::new());
    let lists = |key: JsonStr<'static>, rest: &'static [u8]| {
        seen.push(key.decode());
        key.is("l").then(|| rest.iter().position(|byte| *byte == b',').unwrap_or_default())
    };
    let wrong = scanner.fields_through(&["s"], "data", &["l", "a"], lists);
    assert!(wrong.is_err(), "a length that is none is noticed: {wrong:?}");
    let lists = |key: JsonStr<'static>, rest: &'static [u8]| {
        let list = ["[[1], 2]", "[[3]]"].into_iter().find(|list| rest.starts_with(list.as_bytes()));
        list.filter(|_| key.is("l")).map(str::len)
    };
    let mut scanner = Scanner::of(text);
    let ([outer, last], inner) =
        scanner.fields_through(&["l", "s"], "data", &["l", "a"], lists).unwrap();
    assert_eq!(scanner.finish(), Ok(()));
    let [list, after] = inner.unwrap().unwrap();
    let texts = [outer, last, list, after].map(|raw| raw.map(Raw::text));
    assert_eq!(texts, [Some("[[1], 2]"), Some("5"), Some("[[3]]"), Some("[4]")]);
    assert_eq!(seen, ["l"]);
}
