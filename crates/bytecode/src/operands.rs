//! The small enumerations that operands index: operators, intrinsic functions, common constants, special methods.

macro_rules! operand_enum {
    ($(#[$doc:meta])* $type:ident: $($variant:ident = $number:literal, $name:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = concat!("`", $name, "`")] $variant = $number,)*
        }

        impl $type {
            /// All in order of number.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The operand.
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// Reads an operand.
            #[inline]
            pub const fn from_number(number: u32) -> Option<$type> {
                match number {
                    $($number => Some($type::$variant),)*
                    _ => None,
                }
            }

            /// CPython's name or sign for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }
        }
    };
}

operand_enum! {
    /// Unary functions of `CALL_INTRINSIC_1`.
    Intrinsic1:
    Invalid = 0, "INTRINSIC_1_INVALID";
    Print = 1, "INTRINSIC_PRINT";
    ImportStar = 2, "INTRINSIC_IMPORT_STAR";
    StopIterationError = 3, "INTRINSIC_STOPITERATION_ERROR";
    AsyncGenWrap = 4, "INTRINSIC_ASYNC_GEN_WRAP";
    UnaryPositive = 5, "INTRINSIC_UNARY_POSITIVE";
    ListToTuple = 6, "INTRINSIC_LIST_TO_TUPLE";
    TypeVar = 7, "INTRINSIC_TYPEVAR";
    ParamSpec = 8, "INTRINSIC_PARAMSPEC";
    TypeVarTuple = 9, "INTRINSIC_TYPEVARTUPLE";
    SubscriptGeneric = 10, "INTRINSIC_SUBSCRIPT_GENERIC";
    TypeAlias = 11, "INTRINSIC_TYPEALIAS";
}

operand_enum! {
    /// Binary functions of `CALL_INTRINSIC_2`.
    Intrinsic2:
    Invalid = 0, "INTRINSIC_2_INVALID";
    PrepReraiseStar = 1, "INTRINSIC_PREP_RERAISE_STAR";
    TypeVarWithBound = 2, "INTRINSIC_TYPEVAR_WITH_BOUND";
    TypeVarWithConstraints = 3, "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS";
    SetFunctionTypeParams = 4, "INTRINSIC_SET_FUNCTION_TYPE_PARAMS";
    SetTypeParamDefault = 5, "INTRINSIC_SET_TYPEPARAM_DEFAULT";
}

operand_enum! {
    /// Operators of `BINARY_OP`.
    BinaryOperator:
    Add = 0, "NB_ADD";
    And = 1, "NB_AND";
    FloorDivide = 2, "NB_FLOOR_DIVIDE";
    Lshift = 3, "NB_LSHIFT";
    MatrixMultiply = 4, "NB_MATRIX_MULTIPLY";
    Multiply = 5, "NB_MULTIPLY";
    Remainder = 6, "NB_REMAINDER";
    Or = 7, "NB_OR";
    Power = 8, "NB_POWER";
    Rshift = 9, "NB_RSHIFT";
    Subtract = 10, "NB_SUBTRACT";
    TrueDivide = 11, "NB_TRUE_DIVIDE";
    Xor = 12, "NB_XOR";
    InplaceAdd = 13, "NB_INPLACE_ADD";
    InplaceAnd = 14, "NB_INPLACE_AND";
    InplaceFloorDivide = 15, "NB_INPLACE_FLOOR_DIVIDE";
    InplaceLshift = 16, "NB_INPLACE_LSHIFT";
    InplaceMatrixMultiply = 17, "NB_INPLACE_MATRIX_MULTIPLY";
    InplaceMultiply = 18, "NB_INPLACE_MULTIPLY";
    InplaceRemainder = 19, "NB_INPLACE_REMAINDER";
    InplaceOr = 20, "NB_INPLACE_OR";
    InplacePower = 21, "NB_INPLACE_POWER";
    InplaceRshift = 22, "NB_INPLACE_RSHIFT";
    InplaceSubtract = 23, "NB_INPLACE_SUBTRACT";
    InplaceTrueDivide = 24, "NB_INPLACE_TRUE_DIVIDE";
    InplaceXor = 25, "NB_INPLACE_XOR";
    Subscr = 26, "NB_SUBSCR";
}

impl BinaryOperator {
    /// The sign, as in `_opcode.get_nb_ops()`.
    pub const fn symbol(self) -> &'static str {
        const SYMBOLS: [&str; 27] = [
            "+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^", "+=", "&=", "//=", "<<=", "@=", "*=",
            "%=", "|=", "**=", ">>=", "-=", "/=", "^=", "[]",
        ];
        SYMBOLS[self as usize]
    }

    /// The in-place form of an ordinary operator, itself for the others.
    pub const fn inplace(self) -> BinaryOperator {
        match self.number() {
            number @ 0..13 => match BinaryOperator::from_number(number + 13) {
                Some(operator) => operator,
                None => self,
            },
            _ => self,
        }
    }
}

operand_enum! {
    /// The comparisons of `COMPARE_OP`, in the order of `dis.cmp_op`.
    Comparison:
    Less = 0, "<";
    LessEqual = 1, "<=";
    Equal = 2, "==";
    NotEqual = 3, "!=";
    Greater = 4, ">";
    GreaterEqual = 5, ">=";
}

impl Comparison {
    /// The operand bit that asks for the result as a `bool`.
    pub const TO_BOOL: u32 = 16;

    /// The operand of `COMPARE_OP`: the comparison in bits 5 to 7, the mask of results (less 2, greater 4, equal 8,
    /// unordered 1) that make it true in the low ones.
    pub const fn operand(self) -> u32 {
        const MASKS: [u32; 6] = [2, 2 | 8, 8, 1 | 2 | 4, 4, 4 | 8];
        (self.number() << 5) | MASKS[self as usize]
    }

    /// Reads an operand of `COMPARE_OP`.
    pub const fn from_operand(operand: u32) -> Option<Comparison> {
        Comparison::from_number(operand >> 5)
    }
}

operand_enum! {
    /// What `LOAD_COMMON_CONSTANT` pushes.
    CommonConstant:
    AssertionError = 0, "AssertionError";
    NotImplementedError = 1, "NotImplementedError";
    BuiltinTuple = 2, "tuple";
    BuiltinAll = 3, "all";
    BuiltinAny = 4, "any";
}

operand_enum! {
    /// What `LOAD_SPECIAL` looks up.
    SpecialMethod:
    Enter = 0, "__enter__";
    Exit = 1, "__exit__";
    AsyncEnter = 2, "__aenter__";
    AsyncExit = 3, "__aexit__";
}

operand_enum! {
    /// What `CONVERT_VALUE` calls.
    Conversion:
    None = 0, "";
    Str = 1, "str";
    Repr = 2, "repr";
    Ascii = 3, "ascii";
}

operand_enum! {
    /// What `SET_FUNCTION_ATTRIBUTE` sets.
    FunctionAttribute:
    Defaults = 1, "defaults";
    KwDefaults = 2, "kwdefaults";
    Annotations = 4, "annotations";
    Closure = 8, "closure";
    Annotate = 16, "annotate";
}

operand_enum! {
    /// Low two bits of `RESUME`'s operand: what came before.
    ResumeAt:
    FuncStart = 0, "function start";
    AfterYield = 1, "after yield";
    AfterYieldFrom = 2, "after yield from";
    AfterAwait = 3, "after await";
}

impl ResumeAt {
    /// The bit of `RESUME`'s operand that says: only one exception region encloses the yield (the generator's own).
    pub const DEPTH1_MASK: u32 = 4;
    /// The bits of `RESUME`'s operand that hold the place.
    pub const LOCATION_MASK: u32 = 3;
}
