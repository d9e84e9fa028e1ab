//! The logo: a picture beside the file, which becomes a part of the set-up.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The most bytes of a picture: every booking page carries it.
const MOST_BYTES: u64 = 32 * 1024;

/// Reads a picture and makes a `data:` URL of it; `folder` is where the practice's file lies.
pub fn read(path: &str, folder: Option<&Path>) -> Result<Box<str>, String> {
    let folder = folder.ok_or("there is no folder to read a picture from")?;
    let size = std::fs::metadata(folder.join(path)).map_err(|cause| format!("cannot read {path}: {cause}"))?;
    if !size.is_file() {
        return Err(format!("{path} is no file"));
    }
    if size.len() > MOST_BYTES {
        return Err(format!("{path} has {} KB; takes a picture of at most 32 KB", size.len().div_ceil(1024)));
    }
    let bytes = std::fs::read(folder.join(path)).map_err(|cause| format!("cannot read {path}: {cause}"))?;
    let kind = kind(&bytes).map_err(|wrong| format!("{path} {wrong}"))?;
    Ok(format!("data:{kind};base64,{}", STANDARD.encode(bytes)).into())
}

/// The media type of a picture, by what it holds.
fn kind(bytes: &[u8]) -> Result<&'static str, &'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok("image/png"),
        [0xff, 0xd8, 0xff, ..] => Ok("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok("image/webp"),
        other => {
            let text = std::str::from_utf8(other).unwrap_or_default().to_ascii_lowercase();
            if !text.contains("<svg") {
                return Err("is no PNG, JPEG, WebP or SVG");
            }
            // A page shows it as an image, where scripts do not run; whoever opens it by itself is spared them as well.
            if text.contains("<script") || text.contains("javascript:") || text.contains("<foreignobject") {
                return Err("is an SVG with scripts; takes one without");
            }
            Ok("image/svg+xml")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{kind, read};

    #[test]
    fn a_picture_is_known_by_what_it_holds() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n..."), Ok("image/png"));
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Ok("image/jpeg"));
        assert_eq!(kind(b"RIFF....WEBPVP8 "), Ok("image/webp"));
        assert_eq!(kind(b"<?xml version=\"1.0\"?><SVG/>"), Ok("image/svg+xml"));
        assert_eq!(kind(b"<svg><script>1</script></svg>"), Err("is an SVG with scripts; takes one without"));
        assert!(kind(b"GIF89a").is_err() && kind(b"").is_err());
    }

    #[test]
    fn a_picture_is_read_from_beside_the_file() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        std::fs::write(folder.path().join("logo.svg"), "<svg/>").expect("the picture is written");
        std::fs::write(folder.path().join("large.png"), [0; 33 * 1024]).expect("the picture is written");
        let read = |path| read(path, Some(folder.path()));
        assert_eq!(read("logo.svg").as_deref(), Ok("data:image/svg+xml;base64,PHN2Zy8+"));
        assert_eq!(read("large.png"), Err("large.png has 33 KB; takes a picture of at most 32 KB".to_owned()));
        assert_eq!(read("."), Err(". is no file".to_owned()));
        assert!(read("none.png").is_err_and(|wrong| wrong.starts_with("cannot read none.png: ")));
    }
}
