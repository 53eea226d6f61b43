//! Which region the command gets.

use poolkey_core::environment::Environment;
use poolkey_core::name::ProfileName;

use super::surroundings::Surroundings;

/// What becomes of `AWS_REGION` and `AWS_DEFAULT_REGION`. Some SDKs read only the one and some only
/// the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    /// Both stay as they are.
    AsItIs,
    /// Both say this.
    This(String),
    /// Neither says anything.
    None,
}

impl Region {
    /// The same variables with it.
    pub(crate) fn put(self, variables: Environment) -> Environment {
        match self {
            Self::AsItIs => variables,
            Self::This(region) => NAMES
                .iter()
                .fold(variables, |all, name| all.with(name, &*region)),
            Self::None => NAMES.iter().fold(variables, |all, name| all.without(name)),
        }
    }
}

/// What a person typed comes first, then what the environment says, then what is `known` of the
/// profile: AWS's own order. What an outer exec put into the environment for its own profile says
/// nothing of this one.
pub(crate) fn region(
    chosen: Option<&str>,
    name: &ProfileName,
    surroundings: &Surroundings,
    known: impl Fn(&str) -> Option<String>,
) -> Region {
    if let Some(chosen) = chosen {
        return Region::This(chosen.to_owned());
    }
    let outer = surroundings.outer.as_ref().and_then(|name| name.to_str());
    let of_outer = outer.and_then(&known);
    let mut there = surroundings.regions.iter().flatten();
    let is_outer = |region: &std::ffi::OsString| of_outer.as_deref().is_some_and(|of| region == of);
    if there.clone().any(|region| !is_outer(region)) {
        return Region::AsItIs;
    }
    match known(name.as_str()) {
        Some(region) => Region::This(region),
        None if there.next().is_some() => Region::None,
        None => Region::AsItIs,
    }
}

const NAMES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(chosen: Option<&str>, there: [Option<&str>; 2], outer: Option<&str>) -> Region {
        let surroundings = Surroundings {
            regions: there.map(|region| region.map(Into::into)),
            outer: outer.map(Into::into),
            ..Surroundings::default()
        };
        let known = |name: &str| match name {
            "dev" => Some("eu-west-1".to_owned()),
            "ops" => Some("us-east-2".to_owned()),
            _ => None,
        };
        region(chosen, &"dev".parse().unwrap(), &surroundings, known)
    }

    #[test]
    fn what_was_typed_what_is_there_what_is_known() {
        let this = |region: &str| Region::This(region.to_owned());
        assert_eq!(of(None, [None, None], None), this("eu-west-1"));
        assert_eq!(of(None, [Some("us-east-2"), None], None), Region::AsItIs);
        assert_eq!(of(None, [None, Some("x")], None), Region::AsItIs);
        assert_eq!(of(Some("a"), [Some("b"), None], None), this("a"));
    }

    #[test]
    fn the_region_of_an_outer_profile_goes_with_it() {
        let outer = [Some("us-east-2"), Some("us-east-2")];
        let this = Region::This("eu-west-1".to_owned());
        assert_eq!(of(None, outer, Some("ops")), this);
        assert_eq!(of(None, [Some("x"), None], Some("ops")), Region::AsItIs);
        assert_eq!(of(None, outer, Some("strange")), Region::AsItIs);
        let surroundings = Surroundings {
            regions: [Some("us-east-2".into()), None],
            outer: Some("ops".into()),
            ..Surroundings::default()
        };
        let known = |name: &str| (name == "ops").then(|| "us-east-2".to_owned());
        let new = "new".parse().unwrap();
        assert_eq!(region(None, &new, &surroundings, known), Region::None);
    }

    #[test]
    fn both_names_are_put() {
        let variables = Region::This("x".into()).put(Environment::default());
        assert_eq!(
            variables.set().map(|(name, _)| name).collect::<Vec<_>>(),
            NAMES
        );
        let variables = Region::None.put(variables);
        assert_eq!(variables.set().count(), 0);
        assert_eq!(variables.unset().collect::<Vec<_>>(), NAMES);
    }
}
