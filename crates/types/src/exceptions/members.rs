//! Attributes that are plain fields of the object: unset reads as None, deletion unsets.

/// Makes a table of `member_descriptor`s for fields `Guarded<Option<Value>>` of a layout.
macro_rules! members {
    ($table:ident: $owner:ident { $($name:literal $field:ident $doc:literal;)* }) => {
        const $table: &[pyrope_object::GetSetDef] = &[$(pyrope_object::GetSetDef {
            name: $name,
            get: |slf, _| {
                let field = slf.downcast::<$owner>().and_then(|e| e.$field.get());
                Ok(field.unwrap_or(pyrope_object::Value::none()))
            },
            set: Some(|slf, value, _| {
                if let Some(e) = slf.downcast::<$owner>() {
                    e.$field.set(value.cloned());
                }
                Ok(())
            }),
            doc: $doc,
            member: true,
        }),*];
    };
}

/// Declares a layout: header, common state, and fields that are values or unset.
macro_rules! layout {
    ($(#[$meta:meta])* $name:ident { $($field:ident),* }) => {
        $(#[$meta])*
        #[derive(pyrope_macros::Traverse)]
        pub struct $name {
            pub header: pyrope_object::Header,
            pub state: crate::exceptions::ExceptionState,
            $(pub $field: pyrope_object::Guarded<Option<pyrope_object::Value>>,)*
        }

        impl crate::exceptions::ExceptionLayout for $name {
            fn fresh(state: crate::exceptions::ExceptionState) -> Self {
                $name { header: pyrope_object::Header::blank(), state, $($field: pyrope_object::Guarded::default()),* }
            }
        }
    };
}

pub(super) use {layout, members};
