//! The time that a signature tells: AWS takes none that is minutes away from its own, and a desktop's
//! clock may be.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use poolkey_core::time::UnixTime;

use crate::call::date;

/// The local clock, set right by what AWS's answers told last. Keys that sign came with one.
#[derive(Clone)]
pub(crate) struct Clock {
    wall: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    /// By how many seconds AWS is ahead.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    pub(crate) fn new(wall: Arc<dyn Fn() -> UnixTime + Send + Sync>) -> Self {
        Self {
            wall,
            ahead: Arc::default(),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("ahead", &self.ahead)
            .finish_non_exhaustive()
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        let secs = (self.wall)().secs() + self.ahead.load(Ordering::Relaxed);
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(secs).unwrap_or(0))
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    /// A refusal tells the time, too: the next signature is right.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(server) = date(context.response()) {
            let ahead = server.secs_after((self.wall)());
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }
}
