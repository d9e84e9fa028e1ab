//! A location's colour as a style sheet, with what is written on it and in it readable in both schemes.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use frontdesk_domain::practice::Colour;
use frontdesk_store::Location;

use crate::pages::assets;

/// What is under an address that changes with it need never be asked for again.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// What a location without a colour has.
const OWN: Colour = Colour { red: 0x0d, green: 0x65, blue: 0x57 };
/// The papers of `tokens.css`: the one that the page lies on, and the one that is furthest from it.
const LIGHT: [Colour; 2] = [rgb(0xfb, 0xfa, 0xf7), rgb(0xf3, 0xf0, 0xea)];
const DARK: [Colour; 2] = [rgb(0x19, 0x17, 0x14), rgb(0x2a, 0x26, 0x21)];
const BLACK: Colour = rgb(0, 0, 0);
const WHITE: Colour = rgb(0xff, 0xff, 0xff);
/// What text needs (WCAG 2.2, success criterion 1.4.3), with something to spare for rounding.
const TEXT: f64 = 4.55;
/// What the edge of a button needs (1.4.11).
const SHAPE: f64 = 3.05;

const fn rgb(red: u8, green: u8, blue: u8) -> Colour {
    Colour { red, green, blue }
}

/// Where the style sheet of a location is; changes with it.
pub fn address(location: &Location) -> String {
    let id = crate::pages::escape(location.id.as_str());
    format!("/book/{id}/theme/{}.css", assets::digest(sheet(colour(location)).as_bytes()))
}

/// The location's colour.
pub fn colour(location: &Location) -> Colour {
    location.booking.as_ref().and_then(|booking| booking.setup.face.colour).unwrap_or(OWN)
}

/// The ink that is written with on a colour: the one of black and white that stands out more.
pub fn ink_on(colour: Colour) -> Colour {
    if colour.contrast(WHITE) >= TEXT || colour.contrast(WHITE) > colour.contrast(BLACK) { WHITE } else { BLACK }
}

/// The answer with a location's style sheet, or its logo; none when that is not what the file is.
pub fn answer(location: &Location, file: &str) -> Option<Response> {
    let sheet = sheet(colour(location));
    if file != format!("{}.css", assets::digest(sheet.as_bytes())) {
        return logo_answer(location, file);
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static(FOR_GOOD)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Some((headers, sheet).into_response())
}

/// Where the logo of a location is, when it has one; changes with it.
pub fn logo_address(location: &Location) -> Option<String> {
    let logo = logo(location)?;
    let id = crate::pages::escape(location.id.as_str());
    Some(format!("/book/{id}/theme/logo-{}", assets::digest(logo.as_bytes())))
}

fn logo(location: &Location) -> Option<&str> {
    location.booking.as_ref()?.setup.face.logo.as_deref()
}

/// The answer with a location's logo, which is kept as a `data:` URL (RFC 2397). Pages carry its address, since it may be
/// larger than they are and would come with each.
fn logo_answer(location: &Location, file: &str) -> Option<Response> {
    let logo = logo(location).filter(|logo| file == format!("logo-{}", assets::digest(logo.as_bytes())))?;
    let (kind, content) = logo.strip_prefix("data:")?.split_once(";base64,")?;
    let kind = HeaderValue::from_str(kind).ok().filter(|_| kind.starts_with("image/"))?;
    let content = STANDARD.decode(content).ok()?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, HeaderValue::from_static(FOR_GOOD)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // An SVG may have scripts; whoever opens it by itself sees only the picture.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ),
    ];
    Some((headers, content).into_response())
}

/// The style sheet of a colour.
pub fn sheet(colour: Colour) -> String {
    let rules = |papers: [Colour; 2]| {
        let fill = legible(colour, papers, SHAPE);
        let (ink, on) = (legible(colour, papers, TEXT), ink_on(fill));
        let tint = mix(papers[0], fill, 0.07);
        format!("--accent:{fill};--on-accent:{on};--accent-ink:{ink};--tint:{tint}")
    };
    format!(":root{{{}}}@media (prefers-color-scheme:dark){{:root{{{}}}}}", rules(LIGHT), rules(DARK))
}

/// The colour nearest to it that stands out enough on these papers: towards black on light ones, towards white on dark ones.
fn legible(colour: Colour, papers: [Colour; 2], contrast: f64) -> Colour {
    let towards = ink_on(papers[0]);
    let steps = (0..=50).map(|step| mix(colour, towards, f64::from(step) / 50.0));
    let enough = |one: &Colour| papers.iter().all(|paper| one.contrast(*paper) >= contrast);
    steps.into_iter().find(enough).unwrap_or(towards)
}

fn mix(from: Colour, to: Colour, share: f64) -> Colour {
    let channel = |from: u8, to: u8| {
        let mixed = f64::from(from) + (f64::from(to) - f64::from(from)) * share;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two channels")]
        let rounded = mixed.round() as u8;
        rounded
    };
    rgb(channel(from.red, to.red), channel(from.green, to.green), channel(from.blue, to.blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_readable_in_both_schemes() {
        let channels = [0, 1, 64, 100, 119, 128, 160, 200, 254, 255];
        for red in channels {
            for green in channels {
                for blue in channels {
                    let colour = rgb(red, green, blue);
                    for papers in [LIGHT, DARK] {
                        let fill = legible(colour, papers, SHAPE);
                        assert!(fill.contrast(ink_on(fill)) >= 4.5, "{colour}: {fill} with {}", ink_on(fill));
                        assert!(papers.iter().all(|paper| fill.contrast(*paper) >= 3.0), "{colour}: {fill}");
                        let ink = legible(colour, papers, TEXT);
                        assert!(papers.iter().all(|paper| ink.contrast(*paper) >= 4.5), "{colour}: {ink}");
                        let tint = mix(papers[0], fill, 0.07);
                        assert!(ink.contrast(tint) >= 4.0 && ink_on(papers[0]).contrast(tint) >= 10.0, "{colour}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_that_is_readable_stays_as_it_is() {
        let teal = rgb(0x0f, 0x76, 0x6e);
        assert!(sheet(teal).starts_with(":root{--accent:#0f766e;--on-accent:#ffffff;--accent-ink:#0f766e"));
    }

    #[test]
    fn the_papers_are_those_of_the_style() {
        let tokens =
            concat!(include_str!("../../../templates/tokens.css"), include_str!("../../../templates/book/tokens.css"));
        for paper in LIGHT.into_iter().chain(DARK) {
            assert!(tokens.contains(&paper.to_string()), "{paper}");
        }
    }
}
