//! The words of the pages, in the languages that they have.

/// What `lang` chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Japanese,
}

/// The words of one language.
pub(crate) struct Words {
    pub(crate) code: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) username: &'static str,
    pub(crate) password: &'static str,
    pub(crate) new_password: &'static str,
    pub(crate) change_password: &'static str,
    pub(crate) one_time_code: &'static str,
    pub(crate) code_sent: &'static str,
    pub(crate) code_of_app: &'static str,
    pub(crate) choose_factor: &'static str,
    pub(crate) set_up_app: &'static str,
    pub(crate) set_up_email: &'static str,
    pub(crate) email: &'static str,
    pub(crate) text_message: &'static str,
    pub(crate) authenticator: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) continue_with: &'static str,
    pub(crate) wrong_password: &'static str,
    pub(crate) wrong_code: &'static str,
}

impl Language {
    /// The language of a `lang`: English, unless it is one that the pages have.
    pub(crate) fn named(lang: Option<&str>) -> Self {
        match lang {
            Some(lang) if lang == "ja" || lang.starts_with("ja-") => Self::Japanese,
            Some(_) | None => Self::English,
        }
    }

    /// Its words.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Japanese => &JAPANESE,
        }
    }
}

static ENGLISH: Words = Words {
    code: "en",
    sign_in: "Sign in",
    username: "User name",
    password: "Password",
    new_password: "New password",
    change_password: "Choose a new password",
    one_time_code: "Code",
    code_sent: "A code was sent to",
    code_of_app: "Enter the code that your authenticator app shows.",
    choose_factor: "How do you want to confirm that it is you?",
    set_up_app: "Add this key to an authenticator app, then enter the code that it shows.",
    set_up_email: "Or have codes sent by e-mail.",
    email: "E-mail",
    text_message: "Text message",
    authenticator: "Authenticator app",
    go_on: "Continue",
    continue_with: "Continue with",
    wrong_password: "Incorrect username or password.",
    wrong_code: "That code is not right.",
};

static JAPANESE: Words = Words {
    code: "ja",
    sign_in: "サインイン",
    username: "ユーザー名",
    password: "パスワード",
    new_password: "新しいパスワード",
    change_password: "新しいパスワードを設定してください",
    one_time_code: "コード",
    code_sent: "コードの送信先:",
    code_of_app: "認証アプリに表示されているコードを入力してください。",
    choose_factor: "本人確認の方法を選んでください。",
    set_up_app: "このキーを認証アプリに追加し、表示されたコードを入力してください。",
    set_up_email: "または、コードをメールで受け取ります。",
    email: "メール",
    text_message: "SMS",
    authenticator: "認証アプリ",
    go_on: "続ける",
    continue_with: "次で続ける:",
    wrong_password: "ユーザー名またはパスワードが正しくありません。",
    wrong_code: "コードが正しくありません。",
};
