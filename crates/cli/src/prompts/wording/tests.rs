use super::*;

#[test]
fn what_was_wrong_is_told_with_what_helps() {
    let failure = |remedy: &str| Failure {
        code: Code::Wrong,
        sentence: "No.".into(),
        remedy: remedy.into(),
    };
    assert_eq!(problem(&failure("Try again.")), "No.");
    assert_eq!(problem(&failure("Wait a minute.")), "No. Wait a minute.");
}

#[test]
fn a_code_says_how_it_comes_and_where_to() {
    for (code_for, medium, destination, prompt) in [
        (
            CodeFor::SignIn,
            Medium::Email,
            Some("a***@e***"),
            "Code sent by e-mail to a***@e***: ",
        ),
        (
            CodeFor::SignIn,
            Medium::Sms,
            Some("+*******61"),
            "Code sent by SMS to +*******61: ",
        ),
        (
            CodeFor::SignIn,
            Medium::App,
            Some("phone"),
            "Code of your authenticator app “phone”: ",
        ),
        (
            CodeFor::SignIn,
            Medium::App,
            None,
            "Code of your authenticator app: ",
        ),
        (
            CodeFor::Confirm,
            Medium::Unknown,
            None,
            "Confirmation code: ",
        ),
        (
            CodeFor::Reset,
            Medium::Email,
            None,
            "Reset code sent by e-mail: ",
        ),
        (
            CodeFor::Verify("email".into()),
            Medium::Unknown,
            Some("a***"),
            "Verification code sent to a***: ",
        ),
    ] {
        assert_eq!(code(&code_for, medium, destination), prompt);
    }
}

#[test]
fn what_can_be_chosen_is_numbered_and_the_rest_is_explained() {
    let ways = [
        Way {
            factor: Factor::Password,
            destination: None,
        },
        Way {
            factor: Factor::Email,
            destination: Some("a***@e***".into()),
        },
    ];
    assert_eq!(
        choice(ChoiceOf::FirstFactor, &ways, &[Factor::Passkey]),
        [
            "How do you want to sign in?",
            "  1  Password",
            "  2  Code by e-mail to a***@e***",
            "  –  Passkey: not here: only a browser can show one, and the login has no domain",
        ]
    );
}

#[test]
fn a_key_is_read_in_fours() {
    assert_eq!(*grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
    assert_eq!(*grouped(""), "");
}

#[test]
fn attributes_have_names_that_people_know() {
    assert_eq!(attribute("email"), "E-mail address");
    assert_eq!(attribute("custom:cost_center"), "Cost center");
    assert_eq!(attribute("updated_at"), "Updated at");
}

#[test]
fn a_question_of_the_pools_own_is_asked_in_its_words() {
    let custom = |parameters: &[(&str, &str)]| {
        let pairs = parameters
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Custom::of(&pairs.collect())
    };
    let asked = custom(&[
        ("USERNAME", "ann"),
        ("Question", "Favourite colour?"),
        ("hint", "sea"),
    ]);
    assert_eq!(asked.told, ["hint: sea"]);
    assert_eq!(asked.prompt, "Favourite colour? ");
    assert!(!asked.is_secret);

    let asked = custom(&[("message", "Hello.\nTwo steps."), ("prompt", "PIN")]);
    assert_eq!(asked.told, ["Hello.", "Two steps."]);
    assert_eq!(asked.prompt, "PIN: ");

    assert_eq!(custom(&[]).prompt, "Answer: ");
    assert!(custom(&[("prompt", "Your second password")]).is_secret);
    assert!(custom(&[("secretWord", "1")]).is_secret);
}

#[test]
fn a_pool_that_offers_nothing_is_told_of() {
    let told = nothing_offered(&[Factor::Passkey]).sentence;
    assert_eq!(
        told,
        "The user pool offers only what cannot be done here: passkey."
    );
}
