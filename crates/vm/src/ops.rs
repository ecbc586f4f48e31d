//! The machine's own instruction set: CPython's instructions with operands widened, and their specialised forms.
//!
//! One table names each instruction and its handler; the enumeration and the dispatch are made of it.

/// Calls a macro with the table: `Name => handler;`
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            // Locals, cells, constants.
            LoadFast => locals::load_fast;
            LoadFastCheck => locals::load_fast_check;
            LoadFastAndClear => locals::load_fast_and_clear;
            LoadFastLoadFast => locals::load_fast_load_fast;
            StoreFast => locals::store_fast;
            StoreFastLoadFast => locals::store_fast_load_fast;
            StoreFastStoreFast => locals::store_fast_store_fast;
            DeleteFast => locals::delete_fast;
            LoadDeref => locals::load_deref;
            StoreDeref => locals::store_deref;
            DeleteDeref => locals::delete_deref;
            MakeCell => locals::make_cell;
            CopyFreeVars => locals::copy_free_vars;
            LoadConst => locals::load_const;
            LoadSmallInt => locals::load_small_int;
            LoadCommonConstant => locals::load_common_constant;
            // Names.
            LoadName => names::load_name;
            LoadGlobal => names::load_global;
            LoadGlobalModule => names::load_global_module;
            LoadGlobalBuiltin => names::load_global_builtin;
            StoreName => names::store_name;
            StoreGlobal => names::store_global;
            DeleteName => names::delete_name;
            DeleteGlobal => names::delete_global;
            LoadLocals => names::load_locals;
            LoadFromDictOrGlobals => names::load_from_dict_or_globals;
            LoadFromDictOrDeref => names::load_from_dict_or_deref;
            SetupAnnotations => names::setup_annotations;
            LoadBuildClass => names::load_build_class;
            ImportName => names::import_name;
            ImportFrom => names::import_from;
            // The operand stack.
            Nop => stack_ops::nop;
            PopTop => stack_ops::pop_top;
            PopIter => stack_ops::pop_top;
            EndFor => stack_ops::pop_top;
            EndSend => stack_ops::end_send;
            PushNull => stack_ops::push_null;
            Copy => stack_ops::copy;
            Swap => stack_ops::swap;
            // Arithmetic and comparison.
            BinaryAdd => arithmetic::add::<STACK, STACK, false>;
            BinarySubtract => arithmetic::subtract::<STACK, STACK, false>;
            BinaryMultiply => arithmetic::multiply::<STACK, STACK, false>;
            BinarySubscr => arithmetic::subscript::<STACK, STACK, false>;
            BinaryOther => arithmetic::other::<STACK, STACK, false>;
            AddLL => arithmetic::add::<LOCAL, LOCAL, false>;
            AddLC => arithmetic::add::<LOCAL, CONST, false>;
            AddSL => arithmetic::add::<STACK, LOCAL, false>;
            AddSC => arithmetic::add::<STACK, CONST, false>;
            AddLLStore => arithmetic::add::<LOCAL, LOCAL, true>;
            AddLCStore => arithmetic::add::<LOCAL, CONST, true>;
            AddSLStore => arithmetic::add::<STACK, LOCAL, true>;
            AddSCStore => arithmetic::add::<STACK, CONST, true>;
            AddSSStore => arithmetic::add::<STACK, STACK, true>;
            SubtractLL => arithmetic::subtract::<LOCAL, LOCAL, false>;
            SubtractLC => arithmetic::subtract::<LOCAL, CONST, false>;
            SubtractSL => arithmetic::subtract::<STACK, LOCAL, false>;
            SubtractSC => arithmetic::subtract::<STACK, CONST, false>;
            SubtractLLStore => arithmetic::subtract::<LOCAL, LOCAL, true>;
            SubtractLCStore => arithmetic::subtract::<LOCAL, CONST, true>;
            SubtractSLStore => arithmetic::subtract::<STACK, LOCAL, true>;
            SubtractSCStore => arithmetic::subtract::<STACK, CONST, true>;
            SubtractSSStore => arithmetic::subtract::<STACK, STACK, true>;
            MultiplyLL => arithmetic::multiply::<LOCAL, LOCAL, false>;
            MultiplyLC => arithmetic::multiply::<LOCAL, CONST, false>;
            MultiplySL => arithmetic::multiply::<STACK, LOCAL, false>;
            MultiplySC => arithmetic::multiply::<STACK, CONST, false>;
            MultiplyLLStore => arithmetic::multiply::<LOCAL, LOCAL, true>;
            MultiplyLCStore => arithmetic::multiply::<LOCAL, CONST, true>;
            MultiplySLStore => arithmetic::multiply::<STACK, LOCAL, true>;
            MultiplySCStore => arithmetic::multiply::<STACK, CONST, true>;
            MultiplySSStore => arithmetic::multiply::<STACK, STACK, true>;
            SubscrLL => arithmetic::subscript::<LOCAL, LOCAL, false>;
            SubscrLC => arithmetic::subscript::<LOCAL, CONST, false>;
            SubscrSL => arithmetic::subscript::<STACK, LOCAL, false>;
            SubscrSC => arithmetic::subscript::<STACK, CONST, false>;
            SubscrLLStore => arithmetic::subscript::<LOCAL, LOCAL, true>;
            SubscrLCStore => arithmetic::subscript::<LOCAL, CONST, true>;
            SubscrSLStore => arithmetic::subscript::<STACK, LOCAL, true>;
            SubscrSCStore => arithmetic::subscript::<STACK, CONST, true>;
            SubscrSSStore => arithmetic::subscript::<STACK, STACK, true>;
            OtherLL => arithmetic::other::<LOCAL, LOCAL, false>;
            OtherLC => arithmetic::other::<LOCAL, CONST, false>;
            OtherSL => arithmetic::other::<STACK, LOCAL, false>;
            OtherSC => arithmetic::other::<STACK, CONST, false>;
            UnaryNegative => arithmetic::unary_negative;
            UnaryInvert => arithmetic::unary_invert;
            UnaryNot => arithmetic::unary_not;
            ToBool => arithmetic::to_bool;
            IsOp => arithmetic::is_op;
            ContainsOp => arithmetic::contains_op;
            CompareOp => comparison::compare;
            CompareJumpFalseSS => comparison::compare_jump::<STACK, STACK, false>;
            CompareJumpTrueSS => comparison::compare_jump::<STACK, STACK, true>;
            CompareJumpFalseLL => comparison::compare_jump::<LOCAL, LOCAL, false>;
            CompareJumpTrueLL => comparison::compare_jump::<LOCAL, LOCAL, true>;
            CompareJumpFalseLC => comparison::compare_jump::<LOCAL, CONST, false>;
            CompareJumpTrueLC => comparison::compare_jump::<LOCAL, CONST, true>;
            CompareJumpFalseSL => comparison::compare_jump::<STACK, LOCAL, false>;
            CompareJumpTrueSL => comparison::compare_jump::<STACK, LOCAL, true>;
            CompareJumpFalseSC => comparison::compare_jump::<STACK, CONST, false>;
            CompareJumpTrueSC => comparison::compare_jump::<STACK, CONST, true>;
            // Subscripts.
            BinarySlice => subscript::binary_slice;
            StoreSlice => subscript::store_slice;
            StoreSubscr => subscript::store_subscr;
            DeleteSubscr => subscript::delete_subscr;
            // Attributes.
            LoadAttr => attributes::load_attr;
            LoadAttrSlot => attributes::load_attr_slot;
            LoadAttrClass => attributes::load_attr_class;
            LoadAttrModule => attributes::load_attr_module;
            LoadMethod => attributes::load_method;
            LoadMethodCached => attributes::load_method_cached;
            LoadAttrLocal => attributes::load_attr_local;
            LoadAttrSlotLocal => attributes::load_attr_slot_local;
            StoreAttr => attributes::store_attr;
            StoreAttrSlot => attributes::store_attr_slot;
            StoreAttrNew => attributes::store_attr_new;
            DeleteAttr => attributes::delete_attr;
            LoadSuperAttr => attributes::load_super_attr;
            LoadSpecial => attributes::load_special;
            // Containers and strings.
            BuildTuple => containers::build_tuple;
            BuildList => containers::build_list;
            BuildSet => containers::build_set;
            BuildMap => containers::build_map;
            BuildSlice => containers::build_slice;
            BuildString => strings::build_string;
            ListAppend => containers::list_append;
            ListExtend => containers::list_extend;
            SetAdd => containers::set_add;
            SetUpdate => containers::set_update;
            MapAdd => containers::map_add;
            DictUpdate => containers::dict_update;
            DictMerge => containers::dict_merge;
            UnpackSequence => containers::unpack_sequence;
            UnpackEx => containers::unpack_ex;
            FormatSimple => strings::format_simple;
            FormatWithSpec => strings::format_with_spec;
            ConvertValue => strings::convert_value;
            BuildTemplate => strings::build_template;
            BuildInterpolation => strings::build_interpolation;
            // Control.
            JumpForward => control::jump;
            JumpBackward => control::jump_backward;
            JumpBackwardNoInterrupt => control::jump;
            PopJumpIfFalse => control::pop_jump_if_false;
            PopJumpIfTrue => control::pop_jump_if_true;
            PopJumpIfNone => control::pop_jump_if_none;
            PopJumpIfNotNone => control::pop_jump_if_not_none;
            GetIter => control::get_iter;
            ForIter => control::for_iter;
            Resume => control::resume;
            ReturnValue => control::return_value;
            InvalidCode => control::invalid_code;
            // Calls and functions.
            Call => calls::call;
            CallKw => calls::call_kw;
            CallFunctionEx => calls::call_function_ex;
            MakeFunction => calls::make_function;
            SetFunctionAttribute => calls::set_function_attribute;
            CallIntrinsic1 => calls::call_intrinsic_1;
            CallIntrinsic2 => calls::call_intrinsic_2;
            // Exceptions.
            PushExcInfo => exceptions::push_exc_info;
            PopExcept => exceptions::pop_except;
            CheckExcMatch => exceptions::check_exc_match;
            CheckEgMatch => exceptions::check_eg_match;
            RaiseVarargs => exceptions::raise_varargs;
            Reraise => exceptions::reraise;
            WithExceptStart => exceptions::with_except_start;
            CleanupThrow => exceptions::cleanup_throw;
            EndAsyncFor => exceptions::end_async_for;
            ExitInitCheck => exceptions::exit_init_check;
            // Generators and coroutines.
            ReturnGenerator => generators::return_generator;
            YieldValue => generators::yield_value;
            Send => generators::send;
            GetAwaitable => generators::get_awaitable;
            GetAiter => generators::get_aiter;
            GetAnext => generators::get_anext;
            GetYieldFromIter => generators::get_yield_from_iter;
            // Patterns.
            GetLen => patterns::get_len;
            MatchClass => patterns::match_class;
            MatchKeys => patterns::match_keys;
            MatchMapping => patterns::match_mapping;
            MatchSequence => patterns::match_sequence;
        }
    };
}

pub(crate) use for_each_op;

macro_rules! define_op {
    ($($name:ident => $handler:path;)*) => {
        /// An instruction of the machine.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        #[allow(clippy::enum_variant_names, reason = "the names are CPython's")]
        pub enum Op { $($name,)* }
    };
}

for_each_op!(define_op);

/// Where a fused instruction takes an operand from.
pub const STACK: u8 = 0;
/// From a fast local, in place.
pub const LOCAL: u8 = 1;
/// From a constant, in place.
pub const CONST: u8 = 2;
