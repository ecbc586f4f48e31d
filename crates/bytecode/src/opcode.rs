//! The instruction set: one table from which the enum, the names, the stack effects and the flags are made.
//!
//! Numbers, names and effects are CPython 3.14's. An entry reads
//!
//! ```text
//! number Variant "NAME" [of General], [FLAGS], operand kind, |n| popped => pushed, cache words, "meaning";
//! ```
//!
//! where `n` is the operand and `of` names the general form of a specialised or instrumented instruction. Numbers from
//! 256 on are pseudo-instructions: the compiler's own, replaced before assembly.

/// What the operand of an instruction means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Not used.
    None,
    /// Index into `co_consts`.
    Const,
    /// Index into `co_names`.
    Name,
    /// `co_names` index times two, plus a flag.
    AttributeName,
    /// `co_names` index times two, plus a flag (`LOAD_GLOBAL`).
    GlobalName,
    /// `co_names` index times four, plus two flags.
    SuperAttributeName,
    /// Index into the fast locals.
    Local,
    /// Two indices below 16 into the fast locals, the first in the high half of the byte.
    LocalPair,
    /// Index into the fast locals, of a cell.
    Deref,
    /// A distance in code units from the end of the instruction and its caches; a label before assembly.
    Jump,
    /// The label of an exception handler (pseudo-instructions only).
    Handler,
    /// A number of values.
    Count,
    /// Depth in the operand stack, 1 being the top.
    Depth,
    /// The value itself.
    SmallInt,
    /// A [`BinaryOperator`](crate::BinaryOperator).
    BinaryOp,
    /// A [`Comparison`](crate::Comparison) and its mask.
    Compare,
    /// 1 negates the test.
    Invert,
    /// An [`Intrinsic1`](crate::Intrinsic1).
    Intrinsic1,
    /// An [`Intrinsic2`](crate::Intrinsic2).
    Intrinsic2,
    /// A [`CommonConstant`](crate::CommonConstant).
    CommonConstant,
    /// A [`SpecialMethod`](crate::SpecialMethod).
    SpecialMethod,
    /// A [`Conversion`](crate::Conversion).
    Conversion,
    /// Conversion times four, plus a flag for a format specification.
    Interpolation,
    /// Bits of [`FunctionAttribute`](crate::FunctionAttribute).
    FunctionAttribute,
    /// 1 for `__aenter__`, 2 for `__aexit__`, 0 otherwise.
    Awaitable,
    /// Targets before the star, and those after it times 256.
    UnpackEx,
    /// 1 within `yield from` or `await`.
    Yield,
    /// Where execution resumes ([`ResumeAt`](crate::ResumeAt)) and a flag.
    Resume,
    /// Higher bits of the next operand.
    Extension,
    /// Index of something of the machine.
    Index,
}

mod flag {
    pub const ARG: u16 = 1;
    pub const CONST: u16 = 2;
    pub const NAME: u16 = 4;
    pub const JUMP: u16 = 8;
    pub const FREE: u16 = 16;
    pub const LOCAL: u16 = 32;
    pub const HANDLER: u16 = 64;
    pub const EVAL_BREAK: u16 = 128;
}

macro_rules! general {
    ($this:ident) => {
        Opcode::$this
    };
    ($this:ident $general:ident) => {
        Opcode::$general
    };
}

macro_rules! opcodes {
    ($($number:literal $variant:ident $name:literal $(of $general:ident)?, [$($flag:ident)*], $operand:ident,
       |$n:ident| $popped:expr => $pushed:expr, $caches:literal, $meaning:literal;)*) => {
        /// An instruction, real or pseudo.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Opcode {
            $(#[doc = $meaning] $variant = $number,)*
        }

        impl Opcode {
            /// Every instruction in order of number.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$variant),*];

            /// The instruction of a number.
            pub const fn from_u16(number: u16) -> Option<Opcode> {
                match number {
                    $($number => Some(Opcode::$variant),)*
                    _ => None,
                }
            }

            /// CPython's name, as `LOAD_FAST`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Opcode::$variant => $name,)*
                }
            }

            /// What it does, in one line.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Opcode::$variant => $meaning,)*
                }
            }

            /// The general form of a specialised or instrumented instruction, itself for the others.
            pub const fn general(self) -> Opcode {
                match self {
                    $(Opcode::$variant => general!($variant $($general)?),)*
                }
            }

            /// What the operand means.
            pub const fn operand(self) -> Operand {
                match self {
                    $(Opcode::$variant => Operand::$operand,)*
                }
            }

            const fn listed_flags(self) -> u16 {
                match self {
                    $(Opcode::$variant => 0 $(| flag::$flag)*,)*
                }
            }

            const fn listed_popped(self, oparg: u32) -> i64 {
                match self {
                    $(Opcode::$variant => { let $n = oparg as i64; let _ = $n; $popped })*
                }
            }

            const fn listed_pushed(self, oparg: u32) -> i64 {
                match self {
                    $(Opcode::$variant => { let $n = oparg as i64; let _ = $n; $pushed })*
                }
            }

            const fn listed_caches(self) -> u8 {
                match self {
                    $(Opcode::$variant => $caches,)*
                }
            }
        }
    };
}

opcodes! {
    0 Cache "CACHE", [], None, |n| 0 => 0, 0, "inline cache space of the preceding instruction";
    1 BinarySlice "BINARY_SLICE", [], None, |n| 3 => 1, 0, "`container[start:stop]`";
    2 BuildTemplate "BUILD_TEMPLATE", [], None, |n| 2 => 1, 0, "makes a `Template` of a tuple of strings and a tuple of interpolations";
    3 BinaryOpInplaceAddUnicode "BINARY_OP_INPLACE_ADD_UNICODE" of BinaryOp, [LOCAL], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    4 CallFunctionEx "CALL_FUNCTION_EX", [EVAL_BREAK], None, |n| 4 => 1, 0, "calls with a tuple of arguments and a mapping of keywords (or null)";
    5 CheckEgMatch "CHECK_EG_MATCH", [], None, |n| 2 => 2, 0, "splits an exception group by a type into rest and match";
    6 CheckExcMatch "CHECK_EXC_MATCH", [], None, |n| 2 => 2, 0, "does the exception match the type of an `except` clause?";
    7 CleanupThrow "CLEANUP_THROW", [], None, |n| 3 => 2, 0, "handles an exception raised by `throw` or `close` in a delegation";
    8 DeleteSubscr "DELETE_SUBSCR", [], None, |n| 2 => 0, 0, "`del container[key]`";
    9 EndFor "END_FOR", [], None, |n| 1 => 0, 0, "drops the last value of an exhausted iteration";
    10 EndSend "END_SEND", [], None, |n| 2 => 1, 0, "drops the receiver under the value of a finished delegation";
    11 ExitInitCheck "EXIT_INIT_CHECK", [], None, |n| 1 => 0, 0, "checks that `__init__` returned `None`";
    12 FormatSimple "FORMAT_SIMPLE", [], None, |n| 1 => 1, 0, "`format(value)` without a specification";
    13 FormatWithSpec "FORMAT_WITH_SPEC", [], None, |n| 2 => 1, 0, "`format(value, spec)`";
    14 GetAiter "GET_AITER", [], None, |n| 1 => 1, 0, "`aiter(value)`";
    15 GetAnext "GET_ANEXT", [], None, |n| 1 => 2, 0, "pushes the awaitable of the next value of an asynchronous iterator";
    16 GetIter "GET_ITER", [], None, |n| 1 => 1, 0, "`iter(value)`";
    17 Reserved "RESERVED", [], None, |n| 0 => 0, 0, "unused number";
    18 GetLen "GET_LEN", [], None, |n| 1 => 2, 0, "pushes `len` of the top without popping it";
    19 GetYieldFromIter "GET_YIELD_FROM_ITER", [], None, |n| 1 => 1, 0, "the iterator that `yield from` delegates to";
    20 InterpreterExit "INTERPRETER_EXIT", [], None, |n| 1 => 0, 0, "leaves the evaluation loop with the top as result";
    21 LoadBuildClass "LOAD_BUILD_CLASS", [], None, |n| 0 => 1, 0, "pushes `builtins.__build_class__`";
    22 LoadLocals "LOAD_LOCALS", [], None, |n| 0 => 1, 0, "pushes the namespace of the frame";
    23 MakeFunction "MAKE_FUNCTION", [], None, |n| 1 => 1, 0, "makes a function of a code object";
    24 MatchKeys "MATCH_KEYS", [], None, |n| 2 => 3, 0, "pushes the tuple of a mapping's values for a tuple of keys, or `None`";
    25 MatchMapping "MATCH_MAPPING", [], None, |n| 1 => 2, 0, "pushes whether the subject is a mapping";
    26 MatchSequence "MATCH_SEQUENCE", [], None, |n| 1 => 2, 0, "pushes whether the subject is a sequence";
    27 Nop "NOP", [], None, |n| 0 => 0, 0, "does nothing; keeps a line for tracing";
    28 NotTaken "NOT_TAKEN", [], None, |n| 0 => 0, 0, "marks the fall-through side of a branch for monitoring";
    29 PopExcept "POP_EXCEPT", [], None, |n| 1 => 0, 0, "restores the exception state that was handled before";
    30 PopIter "POP_ITER", [], None, |n| 1 => 0, 0, "drops an exhausted iterator";
    31 PopTop "POP_TOP", [], None, |n| 1 => 0, 0, "drops the top";
    32 PushExcInfo "PUSH_EXC_INFO", [], None, |n| 1 => 2, 0, "pushes the handled exception under the new one";
    33 PushNull "PUSH_NULL", [], None, |n| 0 => 1, 0, "pushes the empty marker";
    34 ReturnGenerator "RETURN_GENERATOR", [], None, |n| 0 => 1, 0, "makes a generator of the frame and returns it";
    35 ReturnValue "RETURN_VALUE", [], None, |n| 1 => 1, 0, "returns the top to the caller";
    36 SetupAnnotations "SETUP_ANNOTATIONS", [], None, |n| 0 => 0, 0, "makes `__annotations__` if the namespace has none";
    37 StoreSlice "STORE_SLICE", [], None, |n| 4 => 0, 0, "`container[start:stop] = value`";
    38 StoreSubscr "STORE_SUBSCR", [], None, |n| 3 => 0, 1, "`container[key] = value`";
    39 ToBool "TO_BOOL", [], None, |n| 1 => 1, 3, "`bool(value)`";
    40 UnaryInvert "UNARY_INVERT", [], None, |n| 1 => 1, 0, "`~value`";
    41 UnaryNegative "UNARY_NEGATIVE", [], None, |n| 1 => 1, 0, "`-value`";
    42 UnaryNot "UNARY_NOT", [], None, |n| 1 => 1, 0, "`not value`, of a bool";
    43 WithExceptStart "WITH_EXCEPT_START", [], None, |n| 5 => 6, 0, "calls `__exit__` with the exception";
    44 BinaryOp "BINARY_OP", [ARG], BinaryOp, |n| 2 => 1, 5, "the binary or in-place operator of the operand";
    45 BuildInterpolation "BUILD_INTERPOLATION", [ARG], Interpolation, |n| 2 + (n & 1) => 1, 0, "makes an `Interpolation`; bit 0 tells of a format, the rest is the conversion";
    46 BuildList "BUILD_LIST", [ARG], Count, |n| n => 1, 0, "a list of the top values";
    47 BuildMap "BUILD_MAP", [ARG], Count, |n| 2 * n => 1, 0, "a dict of the top keys and values";
    48 BuildSet "BUILD_SET", [ARG], Count, |n| n => 1, 0, "a set of the top values";
    49 BuildSlice "BUILD_SLICE", [ARG], Count, |n| n => 1, 0, "a slice of the two or three top values";
    50 BuildString "BUILD_STRING", [ARG], Count, |n| n => 1, 0, "concatenates the top strings";
    51 BuildTuple "BUILD_TUPLE", [ARG], Count, |n| n => 1, 0, "a tuple of the top values";
    52 Call "CALL", [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "calls with positional arguments";
    53 CallIntrinsic1 "CALL_INTRINSIC_1", [ARG], Intrinsic1, |n| 1 => 1, 0, "a unary function of the machine";
    54 CallIntrinsic2 "CALL_INTRINSIC_2", [ARG], Intrinsic2, |n| 2 => 1, 0, "a binary function of the machine";
    55 CallKw "CALL_KW", [ARG EVAL_BREAK], Count, |n| 3 + n => 1, 3, "calls with a tuple of the last arguments' names";
    56 CompareOp "COMPARE_OP", [ARG], Compare, |n| 2 => 1, 1, "rich comparison";
    57 ContainsOp "CONTAINS_OP", [ARG], Invert, |n| 2 => 1, 1, "`in`, `not in`";
    58 ConvertValue "CONVERT_VALUE", [ARG], Conversion, |n| 1 => 1, 0, "`str`, `repr` or `ascii` of the top";
    59 Copy "COPY", [ARG], Depth, |n| n => 1 + n, 0, "pushes the value at a depth";
    60 CopyFreeVars "COPY_FREE_VARS", [ARG], Count, |n| 0 => 0, 0, "copies the closure's cells into the frame";
    61 DeleteAttr "DELETE_ATTR", [ARG NAME], Name, |n| 1 => 0, 0, "`del value.name`";
    62 DeleteDeref "DELETE_DEREF", [ARG FREE], Deref, |n| 0 => 0, 0, "empties a cell";
    63 DeleteFast "DELETE_FAST", [ARG LOCAL], Local, |n| 0 => 0, 0, "unbinds a local";
    64 DeleteGlobal "DELETE_GLOBAL", [ARG NAME], Name, |n| 0 => 0, 0, "unbinds a global";
    65 DeleteName "DELETE_NAME", [ARG NAME], Name, |n| 0 => 0, 0, "unbinds a name of the namespace";
    66 DictMerge "DICT_MERGE", [ARG], Depth, |n| 4 + n => 3 + n, 0, "merges keyword arguments into a dict, duplicates being an error";
    67 DictUpdate "DICT_UPDATE", [ARG], Depth, |n| 1 + n => n, 0, "updates a dict";
    68 EndAsyncFor "END_ASYNC_FOR", [ARG JUMP], Jump, |n| 2 => 0, 0, "ends an `async for` on `StopAsyncIteration`; the operand is how far back its SEND lies";
    69 ExtendedArg "EXTENDED_ARG", [ARG], Extension, |n| 0 => 0, 0, "higher byte of the next operand";
    70 ForIter "FOR_ITER", [ARG JUMP], Jump, |n| 1 => 2, 1, "pushes the next value or jumps at the end";
    71 GetAwaitable "GET_AWAITABLE", [ARG], Awaitable, |n| 1 => 1, 0, "the iterator of an awaitable";
    72 ImportFrom "IMPORT_FROM", [ARG NAME], Name, |n| 1 => 2, 0, "pushes an attribute of a module";
    73 ImportName "IMPORT_NAME", [ARG NAME], Name, |n| 2 => 1, 0, "imports a module";
    74 IsOp "IS_OP", [ARG], Invert, |n| 2 => 1, 0, "`is`, `is not`";
    75 JumpBackward "JUMP_BACKWARD", [ARG JUMP EVAL_BREAK], Jump, |n| 0 => 0, 1, "jumps back and checks for interrupts";
    76 JumpBackwardNoInterrupt "JUMP_BACKWARD_NO_INTERRUPT", [ARG JUMP], Jump, |n| 0 => 0, 0, "jumps back";
    77 JumpForward "JUMP_FORWARD", [ARG JUMP], Jump, |n| 0 => 0, 0, "jumps forward";
    78 ListAppend "LIST_APPEND", [ARG], Depth, |n| 1 + n => n, 0, "appends to the list at a depth";
    79 ListExtend "LIST_EXTEND", [ARG], Depth, |n| 1 + n => n, 0, "extends the list at a depth";
    80 LoadAttr "LOAD_ATTR", [ARG NAME], AttributeName, |n| 1 => 1 + (n & 1), 9, "`value.name`; bit 0 asks for a method and its receiver (or null)";
    81 LoadCommonConstant "LOAD_COMMON_CONSTANT", [ARG], CommonConstant, |n| 0 => 1, 0, "a constant of the interpreter";
    82 LoadConst "LOAD_CONST", [ARG CONST], Const, |n| 0 => 1, 0, "a constant of the code object";
    83 LoadDeref "LOAD_DEREF", [ARG LOCAL], Deref, |n| 0 => 1, 0, "a cell's value";
    84 LoadFast "LOAD_FAST", [ARG LOCAL], Local, |n| 0 => 1, 0, "a local known to be bound";
    85 LoadFastAndClear "LOAD_FAST_AND_CLEAR", [ARG LOCAL], Local, |n| 0 => 1, 0, "a local or null, unbinding it";
    86 LoadFastBorrow "LOAD_FAST_BORROW", [ARG LOCAL], Local, |n| 0 => 1, 0, "a local that outlives this use";
    87 LoadFastBorrowLoadFastBorrow "LOAD_FAST_BORROW_LOAD_FAST_BORROW", [ARG LOCAL], LocalPair, |n| 0 => 2, 0, "two borrowed locals";
    88 LoadFastCheck "LOAD_FAST_CHECK", [ARG LOCAL], Local, |n| 0 => 1, 0, "a local that may be unbound";
    89 LoadFastLoadFast "LOAD_FAST_LOAD_FAST", [ARG LOCAL], LocalPair, |n| 0 => 2, 0, "two locals";
    90 LoadFromDictOrDeref "LOAD_FROM_DICT_OR_DEREF", [ARG FREE], Deref, |n| 1 => 1, 0, "a name of the mapping or a cell's value";
    91 LoadFromDictOrGlobals "LOAD_FROM_DICT_OR_GLOBALS", [ARG NAME], Name, |n| 1 => 1, 0, "a name of the mapping, the globals or the builtins";
    92 LoadGlobal "LOAD_GLOBAL", [ARG NAME], GlobalName, |n| 0 => 1 + (n & 1), 4, "a name of globals or builtins; bit 0 asks for a null after it";
    93 LoadName "LOAD_NAME", [ARG NAME], Name, |n| 0 => 1, 0, "a name of namespace, globals or builtins";
    94 LoadSmallInt "LOAD_SMALL_INT", [ARG], SmallInt, |n| 0 => 1, 0, "the operand as an int";
    95 LoadSpecial "LOAD_SPECIAL", [ARG], SpecialMethod, |n| 1 => 2, 0, "a special method of the top's type and its receiver";
    96 LoadSuperAttr "LOAD_SUPER_ATTR", [ARG NAME], SuperAttributeName, |n| 3 => 1 + (n & 1), 1, "`super().name`; bit 0 as in LOAD_ATTR, bit 1: two arguments";
    97 MakeCell "MAKE_CELL", [ARG FREE], Deref, |n| 0 => 0, 0, "makes a local a cell";
    98 MapAdd "MAP_ADD", [ARG], Depth, |n| 2 + n => n, 0, "adds a key and a value to the dict at a depth";
    99 MatchClass "MATCH_CLASS", [ARG], Count, |n| 3 => 1, 0, "a tuple of the subject's attributes for a class pattern, or `None`";
    100 PopJumpIfFalse "POP_JUMP_IF_FALSE", [ARG JUMP], Jump, |n| 1 => 0, 1, "jumps if the bool is false";
    101 PopJumpIfNone "POP_JUMP_IF_NONE", [ARG JUMP], Jump, |n| 1 => 0, 1, "jumps if `None`";
    102 PopJumpIfNotNone "POP_JUMP_IF_NOT_NONE", [ARG JUMP], Jump, |n| 1 => 0, 1, "jumps if not `None`";
    103 PopJumpIfTrue "POP_JUMP_IF_TRUE", [ARG JUMP], Jump, |n| 1 => 0, 1, "jumps if the bool is true";
    104 RaiseVarargs "RAISE_VARARGS", [ARG], Count, |n| n => 0, 0, "`raise` with zero to two values";
    105 Reraise "RERAISE", [ARG], Count, |n| 1 + n => n, 0, "raises again; an operand says that the old position lies below";
    106 Send "SEND", [ARG JUMP], Jump, |n| 2 => 2, 1, "resumes the receiver with a value, jumps when it is finished";
    107 SetAdd "SET_ADD", [ARG], Depth, |n| 1 + n => n, 0, "adds to the set at a depth";
    108 SetFunctionAttribute "SET_FUNCTION_ATTRIBUTE", [ARG], FunctionAttribute, |n| 2 => 1, 0, "sets defaults, annotations or closure of a function";
    109 SetUpdate "SET_UPDATE", [ARG], Depth, |n| 1 + n => n, 0, "updates the set at a depth";
    110 StoreAttr "STORE_ATTR", [ARG NAME], Name, |n| 2 => 0, 4, "`owner.name = value`";
    111 StoreDeref "STORE_DEREF", [ARG FREE], Deref, |n| 1 => 0, 0, "fills a cell";
    112 StoreFast "STORE_FAST", [ARG LOCAL], Local, |n| 1 => 0, 0, "binds a local";
    113 StoreFastLoadFast "STORE_FAST_LOAD_FAST", [ARG LOCAL], LocalPair, |n| 1 => 1, 0, "binds a local, pushes another";
    114 StoreFastStoreFast "STORE_FAST_STORE_FAST", [ARG LOCAL], LocalPair, |n| 2 => 0, 0, "binds two locals";
    115 StoreGlobal "STORE_GLOBAL", [ARG NAME], Name, |n| 1 => 0, 0, "binds a global";
    116 StoreName "STORE_NAME", [ARG NAME], Name, |n| 1 => 0, 0, "binds a name of the namespace";
    117 Swap "SWAP", [ARG], Depth, |n| n => n, 0, "swaps the top with the value at a depth";
    118 UnpackEx "UNPACK_EX", [ARG], UnpackEx, |n| 1 => 1 + (n & 0xFF) + (n >> 8), 0, "unpacks around a starred target";
    119 UnpackSequence "UNPACK_SEQUENCE", [ARG], Count, |n| 1 => n, 1, "unpacks exactly so many values";
    120 YieldValue "YIELD_VALUE", [ARG], Yield, |n| 1 => 1, 0, "yields; operand 1 within a delegation";
    128 Resume "RESUME", [ARG EVAL_BREAK], Resume, |n| 0 => 0, 0, "start of a function or of what follows a yield; checks for interrupts";
    // Specialised forms: the machine writes them over the general instruction.
    129 BinaryOpAddFloat "BINARY_OP_ADD_FLOAT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    130 BinaryOpAddInt "BINARY_OP_ADD_INT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    131 BinaryOpAddUnicode "BINARY_OP_ADD_UNICODE" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    132 BinaryOpExtend "BINARY_OP_EXTEND" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    133 BinaryOpMultiplyFloat "BINARY_OP_MULTIPLY_FLOAT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    134 BinaryOpMultiplyInt "BINARY_OP_MULTIPLY_INT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    135 BinaryOpSubscrDict "BINARY_OP_SUBSCR_DICT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    136 BinaryOpSubscrGetitem "BINARY_OP_SUBSCR_GETITEM" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    137 BinaryOpSubscrListInt "BINARY_OP_SUBSCR_LIST_INT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    138 BinaryOpSubscrListSlice "BINARY_OP_SUBSCR_LIST_SLICE" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    139 BinaryOpSubscrStrInt "BINARY_OP_SUBSCR_STR_INT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    140 BinaryOpSubscrTupleInt "BINARY_OP_SUBSCR_TUPLE_INT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    141 BinaryOpSubtractFloat "BINARY_OP_SUBTRACT_FLOAT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    142 BinaryOpSubtractInt "BINARY_OP_SUBTRACT_INT" of BinaryOp, [], BinaryOp, |n| 2 => 1, 5, "BINARY_OP, specialised";
    143 CallAllocAndEnterInit "CALL_ALLOC_AND_ENTER_INIT" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    144 CallBoundMethodExactArgs "CALL_BOUND_METHOD_EXACT_ARGS" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    145 CallBoundMethodGeneral "CALL_BOUND_METHOD_GENERAL" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    146 CallBuiltinClass "CALL_BUILTIN_CLASS" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    147 CallBuiltinFast "CALL_BUILTIN_FAST" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    148 CallBuiltinFastWithKeywords "CALL_BUILTIN_FAST_WITH_KEYWORDS" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    149 CallBuiltinO "CALL_BUILTIN_O" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    150 CallIsinstance "CALL_ISINSTANCE" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    151 CallKwBoundMethod "CALL_KW_BOUND_METHOD" of CallKw, [ARG EVAL_BREAK], Count, |n| 3 + n => 1, 3, "CALL_KW, specialised";
    152 CallKwNonPy "CALL_KW_NON_PY" of CallKw, [ARG EVAL_BREAK], Count, |n| 3 + n => 1, 3, "CALL_KW, specialised";
    153 CallKwPy "CALL_KW_PY" of CallKw, [ARG EVAL_BREAK], Count, |n| 3 + n => 1, 3, "CALL_KW, specialised";
    154 CallLen "CALL_LEN" of Call, [EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    155 CallListAppend "CALL_LIST_APPEND" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    156 CallMethodDescriptorFast "CALL_METHOD_DESCRIPTOR_FAST" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    157 CallMethodDescriptorFastWithKeywords "CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    158 CallMethodDescriptorNoargs "CALL_METHOD_DESCRIPTOR_NOARGS" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    159 CallMethodDescriptorO "CALL_METHOD_DESCRIPTOR_O" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    160 CallNonPyGeneral "CALL_NON_PY_GENERAL" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    161 CallPyExactArgs "CALL_PY_EXACT_ARGS" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    162 CallPyGeneral "CALL_PY_GENERAL" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    163 CallStr1 "CALL_STR_1" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    164 CallTuple1 "CALL_TUPLE_1" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    165 CallType1 "CALL_TYPE_1" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, specialised";
    166 CompareOpFloat "COMPARE_OP_FLOAT" of CompareOp, [ARG], Compare, |n| 2 => 1, 1, "COMPARE_OP, specialised";
    167 CompareOpInt "COMPARE_OP_INT" of CompareOp, [ARG], Compare, |n| 2 => 1, 1, "COMPARE_OP, specialised";
    168 CompareOpStr "COMPARE_OP_STR" of CompareOp, [ARG], Compare, |n| 2 => 1, 1, "COMPARE_OP, specialised";
    169 ContainsOpDict "CONTAINS_OP_DICT" of ContainsOp, [ARG], Invert, |n| 2 => 1, 1, "CONTAINS_OP, specialised";
    170 ContainsOpSet "CONTAINS_OP_SET" of ContainsOp, [ARG], Invert, |n| 2 => 1, 1, "CONTAINS_OP, specialised";
    171 ForIterGen "FOR_ITER_GEN" of ForIter, [ARG], Jump, |n| 1 => 2, 1, "FOR_ITER, specialised";
    172 ForIterList "FOR_ITER_LIST" of ForIter, [ARG JUMP], Jump, |n| 1 => 2, 1, "FOR_ITER, specialised";
    173 ForIterRange "FOR_ITER_RANGE" of ForIter, [ARG JUMP], Jump, |n| 1 => 2, 1, "FOR_ITER, specialised";
    174 ForIterTuple "FOR_ITER_TUPLE" of ForIter, [ARG JUMP], Jump, |n| 1 => 2, 1, "FOR_ITER, specialised";
    175 JumpBackwardJit "JUMP_BACKWARD_JIT" of JumpBackward, [ARG JUMP EVAL_BREAK], Jump, |n| 0 => 0, 1, "JUMP_BACKWARD, specialised";
    176 JumpBackwardNoJit "JUMP_BACKWARD_NO_JIT" of JumpBackward, [ARG JUMP EVAL_BREAK], Jump, |n| 0 => 0, 1, "JUMP_BACKWARD, specialised";
    177 LoadAttrClass "LOAD_ATTR_CLASS" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    178 LoadAttrClassWithMetaclassCheck "LOAD_ATTR_CLASS_WITH_METACLASS_CHECK" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    179 LoadAttrGetattributeOverridden "LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN" of LoadAttr, [ARG NAME], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    180 LoadAttrInstanceValue "LOAD_ATTR_INSTANCE_VALUE" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    181 LoadAttrMethodLazyDict "LOAD_ATTR_METHOD_LAZY_DICT" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    182 LoadAttrMethodNoDict "LOAD_ATTR_METHOD_NO_DICT" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    183 LoadAttrMethodWithValues "LOAD_ATTR_METHOD_WITH_VALUES" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    184 LoadAttrModule "LOAD_ATTR_MODULE" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    185 LoadAttrNondescriptorNoDict "LOAD_ATTR_NONDESCRIPTOR_NO_DICT" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    186 LoadAttrNondescriptorWithValues "LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    187 LoadAttrProperty "LOAD_ATTR_PROPERTY" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    188 LoadAttrSlot "LOAD_ATTR_SLOT" of LoadAttr, [ARG], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    189 LoadAttrWithHint "LOAD_ATTR_WITH_HINT" of LoadAttr, [ARG NAME], AttributeName, |n| 1 => 1 + (n & 1), 9, "LOAD_ATTR, specialised";
    190 LoadConstImmortal "LOAD_CONST_IMMORTAL" of LoadConst, [ARG CONST], Const, |n| 0 => 1, 0, "LOAD_CONST, specialised";
    191 LoadConstMortal "LOAD_CONST_MORTAL" of LoadConst, [ARG CONST], Const, |n| 0 => 1, 0, "LOAD_CONST, specialised";
    192 LoadGlobalBuiltin "LOAD_GLOBAL_BUILTIN" of LoadGlobal, [ARG], GlobalName, |n| 0 => 1 + (n & 1), 4, "LOAD_GLOBAL, specialised";
    193 LoadGlobalModule "LOAD_GLOBAL_MODULE" of LoadGlobal, [ARG], GlobalName, |n| 0 => 1 + (n & 1), 4, "LOAD_GLOBAL, specialised";
    194 LoadSuperAttrAttr "LOAD_SUPER_ATTR_ATTR" of LoadSuperAttr, [ARG NAME], SuperAttributeName, |n| 3 => 1 + (n & 1), 1, "LOAD_SUPER_ATTR, specialised";
    195 LoadSuperAttrMethod "LOAD_SUPER_ATTR_METHOD" of LoadSuperAttr, [ARG NAME], SuperAttributeName, |n| 3 => 1 + (n & 1), 1, "LOAD_SUPER_ATTR, specialised";
    196 ResumeCheck "RESUME_CHECK" of Resume, [EVAL_BREAK], Resume, |n| 0 => 0, 0, "RESUME, specialised";
    197 SendGen "SEND_GEN" of Send, [ARG], Jump, |n| 2 => 2, 1, "SEND, specialised";
    198 StoreAttrInstanceValue "STORE_ATTR_INSTANCE_VALUE" of StoreAttr, [], Name, |n| 2 => 0, 4, "STORE_ATTR, specialised";
    199 StoreAttrSlot "STORE_ATTR_SLOT" of StoreAttr, [], Name, |n| 2 => 0, 4, "STORE_ATTR, specialised";
    200 StoreAttrWithHint "STORE_ATTR_WITH_HINT" of StoreAttr, [ARG NAME], Name, |n| 2 => 0, 4, "STORE_ATTR, specialised";
    201 StoreSubscrDict "STORE_SUBSCR_DICT" of StoreSubscr, [], None, |n| 3 => 0, 1, "STORE_SUBSCR, specialised";
    202 StoreSubscrListInt "STORE_SUBSCR_LIST_INT" of StoreSubscr, [], None, |n| 3 => 0, 1, "STORE_SUBSCR, specialised";
    203 ToBoolAlwaysTrue "TO_BOOL_ALWAYS_TRUE" of ToBool, [], None, |n| 1 => 1, 3, "TO_BOOL, specialised";
    204 ToBoolBool "TO_BOOL_BOOL" of ToBool, [], None, |n| 1 => 1, 3, "TO_BOOL, specialised";
    205 ToBoolInt "TO_BOOL_INT" of ToBool, [], None, |n| 1 => 1, 3, "TO_BOOL, specialised";
    206 ToBoolList "TO_BOOL_LIST" of ToBool, [], None, |n| 1 => 1, 3, "TO_BOOL, specialised";
    207 ToBoolNone "TO_BOOL_NONE" of ToBool, [], None, |n| 1 => 1, 3, "TO_BOOL, specialised";
    208 ToBoolStr "TO_BOOL_STR" of ToBool, [], None, |n| 1 => 1, 3, "TO_BOOL, specialised";
    209 UnpackSequenceList "UNPACK_SEQUENCE_LIST" of UnpackSequence, [ARG], Count, |n| 1 => n, 1, "UNPACK_SEQUENCE, specialised";
    210 UnpackSequenceTuple "UNPACK_SEQUENCE_TUPLE" of UnpackSequence, [ARG], Count, |n| 1 => n, 1, "UNPACK_SEQUENCE, specialised";
    211 UnpackSequenceTwoTuple "UNPACK_SEQUENCE_TWO_TUPLE" of UnpackSequence, [ARG], Count, |n| 1 => n, 1, "UNPACK_SEQUENCE, specialised";
    // Instrumented forms: as the general instruction, reporting to `sys.monitoring`.
    234 InstrumentedEndFor "INSTRUMENTED_END_FOR" of EndFor, [], None, |n| 1 => 0, 0, "END_FOR, reporting";
    235 InstrumentedPopIter "INSTRUMENTED_POP_ITER" of PopIter, [], None, |n| 1 => 0, 0, "POP_ITER, reporting";
    236 InstrumentedEndSend "INSTRUMENTED_END_SEND" of EndSend, [], None, |n| 2 => 1, 0, "END_SEND, reporting";
    237 InstrumentedForIter "INSTRUMENTED_FOR_ITER" of ForIter, [ARG JUMP], Jump, |n| 1 => 2, 1, "FOR_ITER, reporting";
    238 InstrumentedInstruction "INSTRUMENTED_INSTRUCTION", [], None, |n| 0 => 0, 0, "reports an instruction";
    239 InstrumentedJumpForward "INSTRUMENTED_JUMP_FORWARD" of JumpForward, [ARG], Jump, |n| 0 => 0, 0, "JUMP_FORWARD, reporting";
    240 InstrumentedNotTaken "INSTRUMENTED_NOT_TAKEN" of NotTaken, [], None, |n| 0 => 0, 0, "NOT_TAKEN, reporting";
    241 InstrumentedPopJumpIfTrue "INSTRUMENTED_POP_JUMP_IF_TRUE" of PopJumpIfTrue, [ARG], Jump, |n| 1 => 0, 1, "POP_JUMP_IF_TRUE, reporting";
    242 InstrumentedPopJumpIfFalse "INSTRUMENTED_POP_JUMP_IF_FALSE" of PopJumpIfFalse, [ARG], Jump, |n| 1 => 0, 1, "POP_JUMP_IF_FALSE, reporting";
    243 InstrumentedPopJumpIfNone "INSTRUMENTED_POP_JUMP_IF_NONE" of PopJumpIfNone, [ARG], Jump, |n| 1 => 0, 1, "POP_JUMP_IF_NONE, reporting";
    244 InstrumentedPopJumpIfNotNone "INSTRUMENTED_POP_JUMP_IF_NOT_NONE" of PopJumpIfNotNone, [ARG], Jump, |n| 1 => 0, 1, "POP_JUMP_IF_NOT_NONE, reporting";
    245 InstrumentedResume "INSTRUMENTED_RESUME" of Resume, [ARG EVAL_BREAK], Resume, |n| 0 => 0, 0, "RESUME, reporting";
    246 InstrumentedReturnValue "INSTRUMENTED_RETURN_VALUE" of ReturnValue, [], None, |n| 1 => 1, 0, "RETURN_VALUE, reporting";
    247 InstrumentedYieldValue "INSTRUMENTED_YIELD_VALUE" of YieldValue, [ARG], Yield, |n| 1 => 1, 0, "YIELD_VALUE, reporting";
    248 InstrumentedEndAsyncFor "INSTRUMENTED_END_ASYNC_FOR" of EndAsyncFor, [ARG JUMP], Jump, |n| 2 => 0, 0, "END_ASYNC_FOR, reporting";
    249 InstrumentedLoadSuperAttr "INSTRUMENTED_LOAD_SUPER_ATTR" of LoadSuperAttr, [ARG NAME], SuperAttributeName, |n| 3 => 1 + (n & 1), 1, "LOAD_SUPER_ATTR, reporting";
    250 InstrumentedCall "INSTRUMENTED_CALL" of Call, [ARG EVAL_BREAK], Count, |n| 2 + n => 1, 3, "CALL, reporting";
    251 InstrumentedCallKw "INSTRUMENTED_CALL_KW" of CallKw, [ARG EVAL_BREAK], Count, |n| 3 + n => 1, 3, "CALL_KW, reporting";
    252 InstrumentedCallFunctionEx "INSTRUMENTED_CALL_FUNCTION_EX" of CallFunctionEx, [EVAL_BREAK], None, |n| 4 => 1, 0, "CALL_FUNCTION_EX, reporting";
    253 InstrumentedJumpBackward "INSTRUMENTED_JUMP_BACKWARD" of JumpBackward, [ARG EVAL_BREAK], Jump, |n| 0 => 0, 1, "JUMP_BACKWARD, reporting";
    254 InstrumentedLine "INSTRUMENTED_LINE", [], None, |n| 0 => 0, 0, "reports a line";
    255 EnterExecutor "ENTER_EXECUTOR", [ARG], Index, |n| 0 => 0, 0, "runs compiled machine code";
    // Pseudo-instructions: only inside the compiler.
    256 AnnotationsPlaceholder "ANNOTATIONS_PLACEHOLDER", [], None, |n| 0 => 0, 0, "place of a module's annotations function";
    257 Jump "JUMP", [ARG JUMP EVAL_BREAK], Jump, |n| 0 => 0, 0, "a jump in either direction";
    258 JumpIfFalse "JUMP_IF_FALSE", [ARG JUMP], Jump, |n| 1 => 1, 0, "jumps if the top is false, keeping it";
    259 JumpIfTrue "JUMP_IF_TRUE", [ARG JUMP], Jump, |n| 1 => 1, 0, "jumps if the top is true, keeping it";
    260 JumpNoInterrupt "JUMP_NO_INTERRUPT", [ARG JUMP], Jump, |n| 0 => 0, 0, "a jump in either direction that does not check for interrupts";
    261 LoadClosure "LOAD_CLOSURE", [ARG LOCAL], Local, |n| 0 => 1, 0, "pushes a cell itself";
    262 PopBlock "POP_BLOCK", [], None, |n| 0 => 0, 0, "ends the innermost exception region";
    263 SetupCleanup "SETUP_CLEANUP", [ARG HANDLER], Handler, |n| 0 => 2, 0, "starts an exception region whose handler gets the position and the exception";
    264 SetupFinally "SETUP_FINALLY", [ARG HANDLER], Handler, |n| 0 => 1, 0, "starts an exception region";
    265 SetupWith "SETUP_WITH", [ARG HANDLER], Handler, |n| 0 => 1, 0, "starts the exception region of a `with`";
    266 StoreFastMaybeNull "STORE_FAST_MAYBE_NULL", [ARG LOCAL], Local, |n| 1 => 0, 0, "binds a local, or unbinds it if the top is null";
}

/// Names and numbers from here on have an operand (`opcode.HAVE_ARGUMENT` is one less).
pub const HAVE_ARGUMENT: u16 = 43;
/// Numbers from here on, below 256, are instrumented forms.
pub const MIN_INSTRUMENTED_OPCODE: u16 = 234;
/// The first pseudo-instruction.
pub const MIN_PSEUDO_OPCODE: u16 = 256;

/// One more than the highest number.
const NUMBERS: usize = Opcode::ALL[Opcode::ALL.len() - 1] as usize + 1;

/// What the list says, by number: the compiler asks for it at every turn.
static FLAGS: [u16; NUMBERS] = {
    let mut table = [0; NUMBERS];
    let mut at = 0;
    while at < Opcode::ALL.len() {
        table[Opcode::ALL[at] as usize] = Opcode::ALL[at].listed_flags();
        at += 1;
    }
    table
};

static CACHES: [u8; NUMBERS] = {
    let mut table = [0; NUMBERS];
    let mut at = 0;
    while at < Opcode::ALL.len() {
        table[Opcode::ALL[at] as usize] = Opcode::ALL[at].listed_caches();
        at += 1;
    }
    table
};

/// What an instruction pops and pushes; `None` where that hangs on the operand.
static EFFECTS: [Option<(u8, u8)>; NUMBERS] = {
    let mut table = [Some((0, 0)); NUMBERS];
    let mut at = 0;
    while at < Opcode::ALL.len() {
        let opcode = Opcode::ALL[at];
        let (popped, pushed) = (opcode.listed_popped(0), opcode.listed_pushed(0));
        table[opcode as usize] = Some((popped as u8, pushed as u8));
        // The numbers hang on the lowest bits of the operand if they hang on it at all.
        let mut oparg = 1;
        while oparg < 8 {
            if opcode.listed_popped(oparg) != popped || opcode.listed_pushed(oparg) != pushed {
                table[opcode as usize] = None;
            }
            oparg += 1;
        }
        at += 1;
    }
    table
};

impl Opcode {
    /// How many values it takes off the operand stack (for a jump: when not taken).
    #[inline]
    pub const fn popped(self, oparg: u32) -> i64 {
        match EFFECTS[self as usize] {
            Some((popped, _)) => popped as i64,
            None => self.listed_popped(oparg),
        }
    }

    /// How many values it puts onto the operand stack; for [`Opcode::is_block_push`]: in the handler.
    #[inline]
    pub const fn pushed(self, oparg: u32) -> i64 {
        match EFFECTS[self as usize] {
            Some((_, pushed)) => pushed as i64,
            None => self.listed_pushed(oparg),
        }
    }

    /// The number, as in `opcode.opmap`.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The real instruction of a code byte.
    pub const fn from_byte(byte: u8) -> Option<Opcode> {
        Opcode::from_u16(byte as u16)
    }

    /// Looks a name up.
    pub fn from_name(name: &str) -> Option<Opcode> {
        Opcode::ALL.iter().copied().find(|op| op.name() == name)
    }

    #[inline]
    const fn has(self, flag: u16) -> bool {
        FLAGS[self as usize] & flag != 0
    }

    /// How many `CACHE` words follow it.
    #[inline]
    pub const fn caches(self) -> usize {
        CACHES[self as usize] as usize
    }

    /// Does the operand mean anything?
    pub const fn has_arg(self) -> bool {
        self.has(flag::ARG)
    }

    /// Is the operand an index into `co_consts`?
    pub const fn has_const(self) -> bool {
        self.has(flag::CONST)
    }

    /// Is the operand (shifted for some) an index into `co_names`?
    pub const fn has_name(self) -> bool {
        self.has(flag::NAME)
    }

    /// Is the operand a jump distance or label?
    pub const fn has_jump(self) -> bool {
        self.has(flag::JUMP)
    }

    /// Is the operand a cell or free variable?
    pub const fn has_free(self) -> bool {
        self.has(flag::FREE)
    }

    /// Is the operand a fast local?
    pub const fn has_local(self) -> bool {
        self.has(flag::LOCAL)
    }

    /// Does it set up an exception handler (`_opcode.has_exc`)?
    pub const fn has_exc(self) -> bool {
        self.has(flag::HANDLER)
    }

    /// Does it check for interrupts?
    pub const fn has_eval_break(self) -> bool {
        self.has(flag::EVAL_BREAK)
    }

    /// Is it a jump or a handler set-up, so that its operand is a label before assembly?
    pub const fn has_target(self) -> bool {
        self.has(flag::JUMP | flag::HANDLER)
    }

    /// Does it open an exception region?
    pub const fn is_block_push(self) -> bool {
        self.has(flag::HANDLER)
    }

    /// Is it the compiler's own, never in a code object?
    pub const fn is_pseudo(self) -> bool {
        self.number() >= MIN_PSEUDO_OPCODE
    }

    /// Is it an adaptive form of [`Opcode::general`]?
    pub const fn is_specialized(self) -> bool {
        !self.is_instrumented() && self.number() != self.general().number()
    }

    /// Does it report to `sys.monitoring`?
    pub const fn is_instrumented(self) -> bool {
        self.number() >= MIN_INSTRUMENTED_OPCODE && self.number() < Opcode::EnterExecutor.number()
    }

    /// Does it leave the frame?
    pub const fn is_scope_exit(self) -> bool {
        matches!(self, Opcode::ReturnValue | Opcode::RaiseVarargs | Opcode::Reraise)
    }

    /// Does it always jump?
    pub const fn is_unconditional_jump(self) -> bool {
        use Opcode::*;
        matches!(self, Jump | JumpNoInterrupt | JumpForward | JumpBackward | JumpBackwardNoInterrupt)
    }

    /// Is it one of the four conditional jumps of a code object?
    pub const fn is_conditional_jump(self) -> bool {
        use Opcode::*;
        matches!(self, PopJumpIfFalse | PopJumpIfTrue | PopJumpIfNone | PopJumpIfNotNone)
    }

    /// Does it jump backward in assembled code?
    pub const fn is_backward_jump(self) -> bool {
        use Opcode::*;
        matches!(self, JumpBackward | JumpBackwardNoInterrupt)
    }

    /// Must it be the last of a basic block?
    pub const fn is_terminator(self) -> bool {
        self.has_jump() || self.is_scope_exit()
    }

    /// Is it made by the assembler only?
    pub const fn is_assembler(self) -> bool {
        matches!(self, Opcode::JumpForward | Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt)
    }

    /// The change of the operand stack's depth. `jump` tells whether the jump is taken (or the handler entered).
    pub const fn stack_effect(self, oparg: u32, jump: bool) -> i64 {
        if self.is_block_push() && !jump {
            return 0;
        }
        self.pushed(oparg) - self.popped(oparg)
    }

    /// `_opcode.stack_effect`: `jump` of `None` asks for the larger effect; `None` for specialised instructions.
    pub const fn checked_stack_effect(self, oparg: u32, jump: Option<bool>) -> Option<i64> {
        if self.is_specialized() {
            return None;
        }
        let taken = self.stack_effect(oparg, true);
        let not_taken = self.stack_effect(oparg, false);
        Some(match jump {
            Some(true) => taken,
            Some(false) => not_taken,
            None if taken > not_taken => taken,
            None => not_taken,
        })
    }
}

impl std::fmt::Display for Opcode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
