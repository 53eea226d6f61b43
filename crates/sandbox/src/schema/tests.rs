use super::*;

fn schema(list: Value) -> Result<Schema, Failure> {
    let list = json!({ "Schema": list });
    Schema::read(&Fields::of(&list)?.structures("Schema")?)
}

fn complaint(schema: &Schema, name: &str, value: &str, writer: Writer, writing: Writing) -> String {
    let attributes = [(name.to_owned(), value.to_owned())];
    let refused = schema.check(&attributes, writer, writing).err();
    refused.map_or_else(String::new, |failure| failure.message)
}

#[test]
fn the_form_of_attributes() {
    let schema = schema(json!([
        { "Name": "email", "Required": true, "Mutable": false },
        { "Name": "age", "AttributeDataType": "Number",
          "NumberAttributeConstraints": { "MinValue": "18", "MaxValue": "99" } },
        { "Name": "nick", "StringAttributeConstraints": { "MinLength": "2", "MaxLength": "3" } },
        { "Name": "on", "AttributeDataType": "Boolean" },
        { "Name": "since", "AttributeDataType": "DateTime" },
    ]))
    .expect("a schema");
    assert_eq!(schema.required(), ["email"]);
    let new =
        |name: &str, value: &str| complaint(&schema, name, value, Writer::Admin, Writing::New);
    for (name, value) in [
        ("email", "a@b"),
        ("email_verified", "true"),
        ("phone_number", "+12025551234"),
        ("custom:age", "18"),
        ("custom:nick", "äöü"),
        ("custom:on", "false"),
        ("custom:since", "2026-01-05T03:48:09Z"),
        ("birthdate", "2000-01-01"),
    ] {
        assert_eq!(new(name, value), "", "{name}");
    }
    let schemed = "Attributes did not conform to the schema: ";
    for (name, value, words) in [
        ("email", "ab", "Invalid email address format."),
        ("email", "a@b c", "Invalid email address format."),
        ("email", "a@@b", "Invalid email address format."),
        ("phone_number", "2025551234", "Invalid phone number format."),
        ("phone_number", "+1 202 555", "Invalid phone number format."),
        (
            "phone_number",
            "+1234567890123456",
            "Invalid phone number format.",
        ),
        (
            "custom:age",
            "17",
            "custom:age: Number must not be below 18",
        ),
        (
            "custom:age",
            "100",
            "custom:age: Number must not be above 99",
        ),
        (
            "custom:age",
            "old",
            "custom:age: Number must be a whole number",
        ),
        (
            "custom:nick",
            "a",
            "custom:nick: String must not be shorter than 2",
        ),
        (
            "custom:nick",
            "abcd",
            "custom:nick: String must not be longer than 3",
        ),
        (
            "custom:on",
            "yes",
            "custom:on: Boolean must be true or false",
        ),
        (
            "custom:since",
            "today",
            "custom:since: DateTime must be in ISO 8601",
        ),
        ("age", "18", "age: Attribute does not exist in the schema."),
        ("sub", "x", "sub: Attribute cannot be updated."),
    ] {
        let told = new(name, value);
        let bare = told.strip_prefix(schemed).unwrap_or(&told).trim_end();
        assert_eq!(bare, words, "{name}");
    }
    assert_eq!(
        complaint(&schema, "email", "a@b", Writer::User, Writing::Change),
        "user.email: Attribute cannot be updated.\n"
    );
    for name in ["sub", "email_verified"] {
        assert_eq!(
            complaint(&schema, name, "true", Writer::User, Writing::New),
            "A client attempted to write unauthorized attribute"
        );
    }
}

#[test]
fn schemas_that_are_refused() {
    for (list, words) in [
        (json!([{ "Name": "x", "Required": true }]), "not supported"),
        (json!([{ "Name": "x".repeat(21) }]), "1 to 20"),
        (
            json!([{ "Name": "x", "AttributeDataType": "Blob" }]),
            "Blob",
        ),
        (
            json!([{ "Name": "x", "StringAttributeConstraints": { "MaxLength": "long" } }]),
            "MaxLength",
        ),
    ] {
        let message = schema(list).err().expect("refused").message;
        assert!(message.contains(words), "{message}");
    }
    let many: Vec<_> = (0..51)
        .map(|n| json!({ "Name": format!("a{n}") }))
        .collect();
    assert!(schema(json!(many)).is_err());
    assert!(schema(json!(many[..50])).is_ok());
}
