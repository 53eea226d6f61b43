//! `/logout`: the browser forgets who has signed in.

use crate::{
    login::{
        grant::cookie_name,
        request::{Refusal, Request},
    },
    web::{Reply, Visit, with_params},
    world::World,
};

impl World {
    /// Ends the browser's session, then goes to `logout_uri`, or to the sign-in page.
    pub(crate) fn log_out_of_browser(&mut self, visit: &Visit) -> Reply {
        match self.log_out_target(visit) {
            Ok((pool, location)) => {
                self.forget_browser(visit, &pool);
                Reply::redirect(&location).cookie(&cookie_name(&pool), "", 0)
            }
            Err(refusal) => refusal.reply(),
        }
    }

    fn log_out_target(&mut self, visit: &Visit) -> Result<(String, String), Refusal> {
        let query = &visit.query;
        let here = visit.pool.clone();
        let path = here
            .as_ref()
            .map_or_else(String::new, |pool| self.login_path(pool));
        let id = query.one("client_id").map(str::to_owned);
        let page = |error: &str| Refusal::Page {
            error: error.to_owned(),
            client: id.clone(),
            path: path.clone(),
        };
        let Some(known) = &id else {
            return Err(page("Required String parameter 'client_id' is not present"));
        };
        self.journal.note.client_id = Some(known.clone());
        let client = self.clients.get(known);
        let client = client.filter(|client| here.is_none_or(|pool| pool == client.pool));
        let client = client.ok_or_else(|| page("Client does not exist."))?;
        if let Some(uri) = query.one("logout_uri") {
            if !client.oauth.logouts.iter().any(|one| one == uri) {
                return Err(page("redirect_mismatch"));
            }
            let state = query.one("state").map(|state| ("state", state));
            return Ok((client.pool.clone(), with_params(uri, state)));
        }
        if query.one("redirect_uri").is_none() {
            return Err(page(
                "Required String parameter 'redirect_uri' is not present",
            ));
        }
        let request = Request::read(self, visit)?;
        let pool = request.client.pool;
        let login = format!("{}/login?{}", self.login_path(&pool), visit.raw_query);
        Ok((pool, login))
    }
}
