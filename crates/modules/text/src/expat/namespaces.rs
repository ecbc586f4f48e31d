//! Names in namespaces: `uri separator name`, and the prefix too if asked for.

use super::codes::*;
use super::events::Event;
use super::parser::{Parser, Scan, Stop};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

type Attributes = Vec<(String, String)>;

impl Parser {
    /// Binds the prefixes that a tag declares; gives its name and attributes (and how many were written) as reported.
    pub(super) fn resolve(
        &mut self,
        tag: &str,
        values: Attributes,
        specified: usize,
        place: (usize, usize),
    ) -> Scan<(String, Attributes, usize)> {
        let mut attributes = Attributes::with_capacity(values.len());
        let mut written = 0;
        for (index, (name, value)) in values.into_iter().enumerate() {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => None,
                Some(rest) if rest.starts_with(':') => Some(rest[1..].to_owned()),
                _ => {
                    written += usize::from(index < specified);
                    attributes.push((name, value));
                    continue;
                }
            };
            self.bind(prefix, value, place)?;
        }
        for index in 0..attributes.len() {
            let resolved = self.expanded(&attributes[index].0, false, place.0)?;
            if let Some(resolved) = resolved {
                if attributes[..index].iter().any(|(name, _)| *name == resolved) {
                    return Err(Stop::Fail(DUPLICATE_ATTRIBUTE, place.0));
                }
                attributes[index].0 = resolved;
            }
        }
        let name = self.expanded(tag, true, place.0)?.unwrap_or_else(|| tag.to_owned());
        Ok((name, attributes, written))
    }

    fn bind(&mut self, prefix: Option<String>, uri: String, (start, end): (usize, usize)) -> Scan<()> {
        let code = match prefix.as_deref() {
            Some("xmlns") => Some(RESERVED_PREFIX_XMLNS),
            Some("xml") if uri != XML => Some(RESERVED_PREFIX_XML),
            Some("xml") => None,
            _ if uri == XML || uri == XMLNS => Some(RESERVED_NAMESPACE_URI),
            Some(_) if uri.is_empty() => Some(UNDECLARING_PREFIX),
            _ => None,
        };
        if let Some(code) = code {
            return Err(Stop::Fail(code, start));
        }
        let uri = (!uri.is_empty()).then_some(uri);
        self.emit(Event::StartNamespace { prefix: prefix.clone(), uri: uri.clone() }, start, end);
        self.bindings.push((prefix, uri));
        Ok(())
    }

    /// The name in its namespace; `None` if it is in none.
    fn expanded(&self, name: &str, is_element: bool, place: usize) -> Scan<Option<String>> {
        let Some(separator) = &self.separator else { return Ok(None) };
        let (prefix, local) = match name.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None if is_element => (None, name),
            None => return Ok(None),
        };
        let bound = self.bindings.iter().rev().find(|(known, _)| known.as_deref() == prefix);
        let uri = match (bound, prefix) {
            (Some((_, uri)), _) => uri.as_deref(),
            (None, Some("xml")) => Some(XML),
            (None, Some("xmlns")) => Some(XMLNS),
            (None, Some(_)) => return Err(Stop::Fail(UNBOUND_PREFIX, place)),
            (None, None) => None,
        };
        let Some(uri) = uri else { return Ok(None) };
        Ok(Some(match prefix.filter(|_| self.namespace_prefixes) {
            Some(prefix) => format!("{uri}{separator}{local}{separator}{prefix}"),
            None => format!("{uri}{separator}{local}"),
        }))
    }
}
