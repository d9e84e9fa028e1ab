//! A copy into another database, with a bar that says how far it has come.

use frontdesk_store::{CopyError, CopyProgress, CopyReport, Workbench};

use super::progress;

/// Copies what `target` does not have yet of `source`, and compares both.
pub fn copy(source: &mut Workbench, target: &mut Workbench) -> Result<CopyReport, CopyError> {
    let bar = progress::in_stages();
    let report = source.copy_into(target, &mut |progress| {
        let (what, done, total) = match progress {
            CopyProgress::Copying(done, total) => ("copied", done, total),
            CopyProgress::Verifying(done, total) => ("verified", done, total),
        };
        bar.set_message(what);
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    report
}
