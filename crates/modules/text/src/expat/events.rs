//! What the parser reports.

use std::rc::Rc;

/// The handlers of a parser, in the order of [`NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Handler {
    StartElement,
    EndElement,
    ProcessingInstruction,
    CharacterData,
    UnparsedEntityDecl,
    NotationDecl,
    StartNamespaceDecl,
    EndNamespaceDecl,
    Comment,
    StartCdataSection,
    EndCdataSection,
    Default,
    DefaultExpand,
    NotStandalone,
    ExternalEntityRef,
    StartDoctypeDecl,
    EndDoctypeDecl,
    EntityDecl,
    XmlDecl,
    ElementDecl,
    AttlistDecl,
    SkippedEntity,
}

/// The attributes by which Python sets them.
pub(super) const NAMES: [&str; 22] = [
    "StartElementHandler",
    "EndElementHandler",
    "ProcessingInstructionHandler",
    "CharacterDataHandler",
    "UnparsedEntityDeclHandler",
    "NotationDeclHandler",
    "StartNamespaceDeclHandler",
    "EndNamespaceDeclHandler",
    "CommentHandler",
    "StartCdataSectionHandler",
    "EndCdataSectionHandler",
    "DefaultHandler",
    "DefaultHandlerExpand",
    "NotStandaloneHandler",
    "ExternalEntityRefHandler",
    "StartDoctypeDeclHandler",
    "EndDoctypeDeclHandler",
    "EntityDeclHandler",
    "XmlDeclHandler",
    "ElementDeclHandler",
    "AttlistDeclHandler",
    "SkippedEntityHandler",
];

pub(super) type Text = Rc<str>;

/// A content model: kind, quantifier, name, children; numbers as in `pyexpat.model`.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub kind: i64,
    pub quantifier: i64,
    pub name: Option<String>,
    pub children: Vec<Model>,
}

/// The declaration of an entity.
#[derive(Clone, Debug, Default)]
pub(super) struct EntityDeclaration {
    pub name: String,
    pub is_parameter: bool,
    pub value: Option<Text>,
    pub system: Option<String>,
    pub public: Option<String>,
    pub notation: Option<String>,
}

/// One thing that happened.
#[derive(Debug)]
pub(super) enum Event {
    XmlDecl {
        version: String,
        encoding: Option<String>,
        standalone: i64,
    },
    /// The last flag: it ends at once.
    StartElement {
        name: String,
        attributes: Vec<(String, String)>,
        specified: usize,
        empty: bool,
    },
    /// `empty`: of an element that began with the same tag.
    EndElement {
        name: String,
        empty: bool,
    },
    StartNamespace {
        prefix: Option<String>,
        uri: Option<String>,
    },
    EndNamespace {
        prefix: Option<String>,
    },
    Characters(String),
    StartCdata,
    EndCdata,
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
    StartDoctype {
        name: String,
        system: Option<String>,
        public: Option<String>,
        has_subset: bool,
    },
    EndDoctype,
    Entity(EntityDeclaration),
    Notation {
        name: String,
        system: Option<String>,
        public: Option<String>,
    },
    Element {
        name: String,
        model: Model,
    },
    Attribute {
        element: String,
        name: String,
        kind: String,
        default: Option<String>,
        required: bool,
    },
    Skipped {
        name: String,
        is_parameter: bool,
    },
    External {
        context: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    NotStandalone,
    /// The document is in an encoding that only Python knows: see `Parser::set_encoding`.
    UnknownEncoding(String),
    /// A piece of a declaration, for the default handler unless that handler is set.
    Piece(Option<Handler>),
}
