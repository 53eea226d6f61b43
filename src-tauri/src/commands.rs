//! What the pages may ask for. Each is allowed by name in `capabilities/`, and none gives a page
//! keys or tokens. The one secret that a page is given belongs to the person before it: the key of
//! an authenticator app while it is set up, in `Question::AppSetup`, as text and for the QR code.

use std::time::Duration;

use poolkey_core::conversation::{Answer, Goal};
use poolkey_core::environment::{Shell, environment};
use poolkey_core::failure::{Code, Failure, Trouble};
use poolkey_core::outputs::Outputs;
use poolkey_ipc::client::Starting;
use poolkey_ipc::profiles_file::ProfilesFile;
use poolkey_ipc::{Ask, Client, Reply};
use serde::Deserialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State, WebviewWindow};

use crate::configuration::{Change, Configuration};
use crate::conversation::{Conversations, Turn};
use crate::link::{Link, Shown};
use crate::route::Route;
use crate::{Started, app, browser, clipboard, windows};

pub(crate) type Done<T> = Result<T, Failure>;

/// Everything that the daemon tells, from now on.
#[tauri::command]
pub(crate) fn watch(link: State<'_, Link>, page: Channel<Shown>) {
    link.join(page);
}

/// The page is painted: its window may be seen.
#[tauri::command]
pub(crate) fn ready(window: WebviewWindow, started: State<'_, Started>) -> Done<()> {
    windows::bring_forward(&window).map_err(|error| unseen(&error))?;
    tracing::info!(
        window = window.label(),
        "ready, {} ms after the start of the program",
        started.0.elapsed().as_millis()
    );
    Ok(())
}

/// Closes the window that asks.
#[tauri::command]
pub(crate) fn close(window: WebviewWindow) -> Done<()> {
    window.close().map_err(|error| unseen(&error))
}

/// Begins a sign-in, or another conversation about an account.
#[tauri::command]
pub(crate) async fn begin(
    window: WebviewWindow,
    login: String,
    username: Option<String>,
    goal: Goal,
    another_account: bool,
) -> Done<Turn> {
    let ask = if goal == Goal::SignIn {
        Ask::SignIn {
            login,
            username,
            another_account,
        }
    } else {
        Ask::Account {
            login,
            username,
            goal,
        }
    };
    // Another one in this window is over with it.
    let app = window.app_handle().clone();
    let label = window.label().to_owned();
    beside(move || {
        let conversations = app.state::<Conversations>();
        conversations.give_up(&label, &app.state::<Client>());
        Ok(())
    })
    .await?;
    converse(window, ask).await
}

/// Answers the question that the window shows.
#[tauri::command]
pub(crate) async fn answer(window: WebviewWindow, answer: Answer) -> Done<Turn> {
    let conversations = window.state::<Conversations>();
    let conversation = conversations
        .under_way(window.label())
        .ok_or(Trouble::NoConversation)?;
    converse(
        window.clone(),
        Ask::Answer {
            conversation,
            answer,
        },
    )
    .await
}

/// Sends the person's browser to where the window signs somebody in.
#[tauri::command]
pub(crate) async fn open_address(window: WebviewWindow) -> Done<()> {
    with_address(window, |address| browser::open(&address)).await
}

/// Copies the address of the same, for a browser that is elsewhere.
#[tauri::command]
pub(crate) async fn copy_address(window: WebviewWindow) -> Done<()> {
    with_address(window, |address| clipboard::copy(&address)).await
}

async fn with_address(
    window: WebviewWindow,
    act: impl FnOnce(String) -> Done<()> + Send + 'static,
) -> Done<()> {
    let app = window.app_handle().clone();
    let label = window.label().to_owned();
    beside(move || {
        let conversations = app.state::<Conversations>();
        let address = conversations.address(&label);
        act(address.ok_or(Trouble::NoConversation)?)
    })
    .await
}

/// Renews a login's tokens and keys.
#[tauri::command]
pub(crate) async fn renew(client: State<'_, Client>, login: String) -> Done<()> {
    let client = client.inner().clone();
    beside(move || done(client.ask(&Ask::Renew { login })?)).await
}

/// Ends the daemon and starts another.
#[tauri::command]
pub(crate) async fn restart_daemon(client: State<'_, Client>) -> Done<()> {
    let client = client.inner().clone();
    beside(move || {
        let running = client.clone().starting(Starting::Never);
        if running.is_answered()? {
            done(running.ask(&Ask::Stop)?)?;
            // One that is about to end still answers, and would be taken for the next.
            for _ in 0..STOP_LOOKS {
                if !running.is_answered()? {
                    break;
                }
                std::thread::sleep(STOP_PAUSE);
            }
        }
        let reply = client.ask(&Ask::Status)?;
        let Reply::Status(_) = reply else {
            return Err(reply.unexpected());
        };
        Ok(())
    })
    .await
}

/// Opens the login window, for one login or for a choice among all.
#[tauri::command]
pub(crate) fn open_login(app: AppHandle, login: Option<String>) {
    app::show(&app, &Route::Login { login });
}

/// Opens the main window.
#[tauri::command]
pub(crate) fn open_main(app: AppHandle) {
    app::show(&app, &Route::Overview);
}

/// What `profiles.toml` says, for the forms.
#[tauri::command]
pub(crate) async fn configuration(file: State<'_, ProfilesFile>) -> Done<Configuration> {
    let file = file.inner().clone();
    beside(move || Configuration::of(&file)).await
}

/// Says what is wrong with a form as it stands; nothing is written.
#[tauri::command]
pub(crate) async fn check(file: State<'_, ProfilesFile>, change: Change) -> Done<()> {
    let file = file.inner().clone();
    beside(move || change.check(&file)).await
}

/// Writes a form into `profiles.toml`, and has the daemon read it.
#[tauri::command]
pub(crate) async fn apply(
    file: State<'_, ProfilesFile>,
    client: State<'_, Client>,
    change: Change,
) -> Done<()> {
    let (file, client) = (file.inner().clone(), client.inner().clone());
    beside(move || {
        change.write(&file)?;
        reload(&client)
    })
    .await
}

/// The ids in a file of Amplify's that a person dropped or pasted.
#[tauri::command]
pub(crate) fn read_outputs(text: String) -> Done<Outputs> {
    Outputs::parse(&text).map_err(|error| Failure {
        code: Code::Config,
        sentence: format!("No ids were found: {error}."),
        remedy: "Drop another file, or type the ids.".into(),
    })
}

/// Copies a profile's keys as environment variables. The page learns nothing of them.
#[tauri::command]
pub(crate) async fn copy_keys(
    client: State<'_, Client>,
    profile: String,
    shell: ShellName,
) -> Done<()> {
    let client = client.inner().clone();
    beside(move || {
        let document = client.document(&profile)?;
        clipboard::copy_secret(environment(&document, shell.into())?)
    })
    .await
}

/// Whose words the variables are in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ShellName {
    Bash,
    PowerShell,
}

impl From<ShellName> for Shell {
    fn from(name: ShellName) -> Self {
        match name {
            ShellName::Bash => Self::Bash,
            ShellName::PowerShell => Self::PowerShell,
        }
    }
}

/// Copies the key of the authenticator app that the window is setting up.
#[tauri::command]
pub(crate) async fn copy_setup_key(window: WebviewWindow) -> Done<()> {
    let app = window.app_handle().clone();
    let label = window.label().to_owned();
    beside(move || {
        let conversations = app.state::<Conversations>();
        let key = conversations.setup_key(&label);
        clipboard::copy_secret(key.ok_or(Trouble::NoConversation)?)
    })
    .await
}

/// Copies text that the page shows anyway.
#[tauri::command]
pub(crate) async fn copy_text(text: String) -> Done<()> {
    beside(move || clipboard::copy(&text)).await
}

async fn converse(window: WebviewWindow, ask: Ask) -> Done<Turn> {
    let app = window.app_handle().clone();
    let label = window.label().to_owned();
    beside(move || {
        let (conversations, client) = (app.state::<Conversations>(), app.state::<Client>());
        let away = conversations.address(&label).is_some();
        let turn = conversations.ask(&label, &client, &ask);
        match app.get_webview_window(&label) {
            // Whoever was in the browser goes on here.
            Some(window) if away && conversations.address(&label).is_none() => {
                drop(windows::bring_forward(&window));
            }
            Some(_) => {}
            // It has closed meanwhile.
            None => conversations.give_up(&label, &client),
        }
        turn
    })
    .await
}

/// The daemon reads what was changed; one that starts later reads it anyway.
fn reload(client: &Client) -> Done<()> {
    let client = client.clone().starting(Starting::Never);
    if client.is_answered()? {
        done(client.ask(&Ask::Reload)?)?;
    }
    Ok(())
}

/// Does what blocks on a thread that may.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Done<T> + Send + 'static,
) -> Done<T> {
    tauri::async_runtime::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Trouble::Stopping.into()))
}

pub(crate) fn done(reply: Reply) -> Done<()> {
    let Reply::Done = reply else {
        return Err(reply.unexpected());
    };
    Ok(())
}

fn unseen(error: &tauri::Error) -> Failure {
    Failure {
        code: Code::Other,
        sentence: format!("The window cannot be shown: {error}."),
        remedy: "Close it and open it again.".into(),
    }
}

/// How often, and how far apart, it is looked whether a daemon has ended.
const STOP_LOOKS: u32 = 100;
const STOP_PAUSE: Duration = Duration::from_millis(50);
