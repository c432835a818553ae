//! Every vector of the providers' webhooks, through the command.

use std::{fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::command::countersign;

const VECTORS: &str = include_str!("../../../../tests/vectors/webhooks.json");
const SCHEMES: &str = include_str!("../../../../tests/vectors/webhook-schemes.json");

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// A file of its own for a vector.
fn file(name: &str, content: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("webhook-vectors");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn key_file(vector: &Value) -> String {
    let quoted = |value: &Value| value.to_string();
    let entry = |key: &Value| {
        let (id, text) = (quoted(&key["id"]), quoted(&key["text"]));
        format!("[[key]]\nid = {id}\nalgorithm = \"webhook\"\nsecret = {text}\n")
    };
    let keys: Vec<_> = vector["keys"].as_array().unwrap().iter().map(entry).collect();
    file(&format!("{}.toml", text(vector, "id")), &keys.concat())
}

/// The flags that name the layout: a file where the vector swaps something of it.
fn layout(vector: &Value) -> [String; 2] {
    let scheme = text(vector, "scheme");
    let Some(swapped) = vector["override"].as_object() else { return ["--scheme".to_owned(), scheme.to_owned()] };
    let schemes: Value = serde_json::from_str(SCHEMES).unwrap();
    let mut spec = schemes[scheme].clone();
    spec.as_object_mut().unwrap().retain(|name, _| !name.starts_with('_'));
    // It is no longer the provider's layout, and so has another name.
    spec["name"] = format!("{scheme}-swapped").into();
    for (name, value) in swapped {
        match name.as_str() {
            "mac" => spec["mac"] = value.clone(),
            "encoding" => spec["signature"]["encoding"] = value.clone(),
            other => panic!("{other}"),
        }
    }
    ["--scheme-file".to_owned(), file(&format!("{}.json", text(vector, "id")), &spec.to_string())]
}

fn message(vector: &Value) -> Vec<u8> {
    let request = &vector["request"];
    let (_, rest) = text(request, "url").split_once("://").unwrap();
    let (authority, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let mut fields: Vec<(String, String)> = serde_json::from_value(request["headers"].clone()).unwrap();
    if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        fields.insert(0, ("Host".to_owned(), authority.to_owned()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{} {target} HTTP/1.1\r\n{}\r\n", text(request, "method"), fields.concat());
    let body = match request["body_b64"].as_str() {
        Some(base64) => STANDARD.decode(base64).unwrap(),
        None => text(request, "body").as_bytes().to_vec(),
    };
    [head.into_bytes(), body].concat()
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 108);
    let mut wrong = Vec::new();
    for vector in vectors {
        let ([flag, layout], keys, now) = (layout(vector), key_file(vector), vector["now"].to_string());
        let url = text(&vector["request"], "url");
        let args = ["webhook", "verify", &flag, &layout, "--keys", &keys, "--url", url, "--now", &now];
        let ended = countersign(&args, &message(vector));
        let (status, verdict) = if text(vector, "expect") == "ok" { (0, "accepted ") } else { (1, "refused ") };
        if ended.status != status || !ended.stdout.starts_with(verdict) {
            wrong.push(format!("{}: {ended:?}", text(vector, "id")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}
