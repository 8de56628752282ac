//! Many futures side by side.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// How many run at once. Each wake-up polls all of these, so that it must not be all there are;
/// a fairer schedule (`futures_util::future::join_all`) is several KB.
const AT_ONCE: usize = 64;

/// Runs all to their end.
pub(super) async fn join_all<F: Future<Output = ()>>(mut futures: impl Iterator<Item = F>) {
    let mut running: Vec<Pin<Box<F>>> = Vec::new();
    poll_fn(|context| {
        running.retain_mut(|future| future.as_mut().poll(context).is_pending());
        while running.len() < AT_ONCE {
            let Some(future) = futures.next() else { break };
            let mut future = Box::pin(future);
            if future.as_mut().poll(context).is_pending() {
                running.push(future);
            }
        }
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
