//! How a request looks that is signed in a layout, with names in braces where values stand.

use countersign::webhook::{At, Layout, PairsOf, Piece, Spec};

/// The lines of a request.
pub(super) fn lines(spec: &Spec) -> Vec<String> {
    let Layout { prefix, sep, items, .. } = &spec.signature.layout;
    let signature = format!("{prefix}{}", items.join(sep.as_deref().unwrap_or_default()));
    let ids = [(&spec.id, "{id}"), (&spec.key_id, "{key_id}")];
    let ids = ids.into_iter().filter_map(|(id, mark)| Some((&id.as_ref()?.at, mark.to_owned())));
    let time = spec.time.iter().map(|time| (&time.at, "{time}".to_owned()));
    let digest = spec.digest.iter().map(|digest| (&digest.at, format!("{}{{digest}}", digest.prefix)));
    let placed: Vec<_> =
        time.chain(ids).chain(digest).chain(std::iter::once((&spec.signature.at, signature))).collect();

    let (mut fields, mut query, mut form, mut json) =
        (vec!["host: {host}".to_owned()], Vec::new(), Vec::new(), Vec::new());
    let is_signed =
        |of: PairsOf| spec.message.iter().any(|piece| matches!(piece, Piece::Pairs(pairs) if pairs.fields == of));
    if is_signed(PairsOf::Query) {
        query.push("..".to_owned());
    }
    if is_signed(PairsOf::Form) {
        form.push("..".to_owned());
    }
    for (at, text) in &placed {
        match at {
            At::Header(name) => fields.push(format!("{name}: {text}")),
            At::Headers(names) => fields.extend(names.iter().map(|name| format!("{name}: {text}"))),
            At::HeaderSeq(name) => fields.push(format!("{}: {text}", name.replace("{n}", "1"))),
            At::Query(name) => query.push(format!("{name}={text}")),
            At::Form(name) => form.push(format!("{name}={text}")),
            At::Json(pointer) => json.push((pointer.split('/').skip(1).collect::<Vec<_>>(), text.clone())),
            // It stands in the signature's own text.
            _ => {}
        }
    }
    let method = if spec.without_body { "GET" } else { "POST" };
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut lines = vec![format!("{method} /hook{query} HTTP/1.1")];
    lines.append(&mut fields);
    let body = match (form.is_empty(), json.is_empty()) {
        (false, _) => form.join("&"),
        (true, false) => object(&json),
        (true, true) if spec.without_body => return lines,
        (true, true) => "{body}".to_owned(),
    };
    lines.extend([String::new(), body]);
    lines
}

/// JSON with these texts at these paths.
fn object(placed: &[(Vec<&str>, String)]) -> String {
    if let [(path, text)] = placed
        && path.is_empty()
    {
        return format!("\"{text}\"");
    }
    let mut names: Vec<&str> = Vec::new();
    for name in placed.iter().filter_map(|(path, _)| path.first()) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let below = |name: &str| {
        let inside = placed.iter().filter(|(path, _)| path.first() == Some(&name));
        object(&inside.map(|(path, text)| (path.iter().skip(1).copied().collect(), text.clone())).collect::<Vec<_>>())
    };
    if names == ["0"] {
        return format!("[{}]", below("0"));
    }
    let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":{}", below(name))).collect();
    format!("{{{}, ..}}", members.join(","))
}
