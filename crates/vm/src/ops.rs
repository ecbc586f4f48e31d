//! The machine's own instruction set: CPython's instructions with operands widened, and their specialised forms.
//!
//! One table names each instruction and its handler; the enumeration and the dispatch are made of it.

/// Calls a macro with the table: `Name => function;`, or `Name => function, general form;` where the function may say
/// `Slow`.
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
            LoadGlobalModule => names::load_global_module, names::load_global;
            LoadGlobalBuiltin => names::load_global_builtin, names::load_global;
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
            BinaryAdd => arithmetic::add::<STACK, STACK, false>, arithmetic::slowly::<STACK, STACK, false>;
            BinarySubtract => arithmetic::subtract::<STACK, STACK, false>, arithmetic::slowly::<STACK, STACK, false>;
            BinaryMultiply => arithmetic::multiply::<STACK, STACK, false>, arithmetic::slowly::<STACK, STACK, false>;
            BinarySubscr => arithmetic::subscript::<STACK, STACK, false>, arithmetic::subscript_slowly::<STACK, STACK, false>;
            BinaryOther => arithmetic::other::<STACK, STACK, false>, arithmetic::other_slowly::<STACK, STACK>;
            AddLL => arithmetic::add::<LOCAL, LOCAL, false>, arithmetic::slowly::<LOCAL, LOCAL, false>;
            AddLC => arithmetic::add::<LOCAL, CONST, false>, arithmetic::slowly::<LOCAL, CONST, false>;
            AddSL => arithmetic::add::<STACK, LOCAL, false>, arithmetic::slowly::<STACK, LOCAL, false>;
            AddSC => arithmetic::add::<STACK, CONST, false>, arithmetic::slowly::<STACK, CONST, false>;
            AddLLStore => arithmetic::add::<LOCAL, LOCAL, true>, arithmetic::slowly::<LOCAL, LOCAL, true>;
            AddLCStore => arithmetic::add::<LOCAL, CONST, true>, arithmetic::slowly::<LOCAL, CONST, true>;
            AddSLStore => arithmetic::add::<STACK, LOCAL, true>, arithmetic::slowly::<STACK, LOCAL, true>;
            AddSCStore => arithmetic::add::<STACK, CONST, true>, arithmetic::slowly::<STACK, CONST, true>;
            AddSSStore => arithmetic::add::<STACK, STACK, true>, arithmetic::slowly::<STACK, STACK, true>;
            SubtractLL => arithmetic::subtract::<LOCAL, LOCAL, false>, arithmetic::slowly::<LOCAL, LOCAL, false>;
            SubtractLC => arithmetic::subtract::<LOCAL, CONST, false>, arithmetic::slowly::<LOCAL, CONST, false>;
            SubtractSL => arithmetic::subtract::<STACK, LOCAL, false>, arithmetic::slowly::<STACK, LOCAL, false>;
            SubtractSC => arithmetic::subtract::<STACK, CONST, false>, arithmetic::slowly::<STACK, CONST, false>;
            SubtractLLStore => arithmetic::subtract::<LOCAL, LOCAL, true>, arithmetic::slowly::<LOCAL, LOCAL, true>;
            SubtractLCStore => arithmetic::subtract::<LOCAL, CONST, true>, arithmetic::slowly::<LOCAL, CONST, true>;
            SubtractSLStore => arithmetic::subtract::<STACK, LOCAL, true>, arithmetic::slowly::<STACK, LOCAL, true>;
            SubtractSCStore => arithmetic::subtract::<STACK, CONST, true>, arithmetic::slowly::<STACK, CONST, true>;
            SubtractSSStore => arithmetic::subtract::<STACK, STACK, true>, arithmetic::slowly::<STACK, STACK, true>;
            MultiplyLL => arithmetic::multiply::<LOCAL, LOCAL, false>, arithmetic::slowly::<LOCAL, LOCAL, false>;
            MultiplyLC => arithmetic::multiply::<LOCAL, CONST, false>, arithmetic::slowly::<LOCAL, CONST, false>;
            MultiplySL => arithmetic::multiply::<STACK, LOCAL, false>, arithmetic::slowly::<STACK, LOCAL, false>;
            MultiplySC => arithmetic::multiply::<STACK, CONST, false>, arithmetic::slowly::<STACK, CONST, false>;
            MultiplyLLStore => arithmetic::multiply::<LOCAL, LOCAL, true>, arithmetic::slowly::<LOCAL, LOCAL, true>;
            MultiplyLCStore => arithmetic::multiply::<LOCAL, CONST, true>, arithmetic::slowly::<LOCAL, CONST, true>;
            MultiplySLStore => arithmetic::multiply::<STACK, LOCAL, true>, arithmetic::slowly::<STACK, LOCAL, true>;
            MultiplySCStore => arithmetic::multiply::<STACK, CONST, true>, arithmetic::slowly::<STACK, CONST, true>;
            MultiplySSStore => arithmetic::multiply::<STACK, STACK, true>, arithmetic::slowly::<STACK, STACK, true>;
            SubscrLL => arithmetic::subscript::<LOCAL, LOCAL, false>, arithmetic::subscript_slowly::<LOCAL, LOCAL, false>;
            SubscrLC => arithmetic::subscript::<LOCAL, CONST, false>, arithmetic::subscript_slowly::<LOCAL, CONST, false>;
            SubscrSL => arithmetic::subscript::<STACK, LOCAL, false>, arithmetic::subscript_slowly::<STACK, LOCAL, false>;
            SubscrSC => arithmetic::subscript::<STACK, CONST, false>, arithmetic::subscript_slowly::<STACK, CONST, false>;
            SubscrLLStore => arithmetic::subscript::<LOCAL, LOCAL, true>, arithmetic::subscript_slowly::<LOCAL, LOCAL, true>;
            SubscrLCStore => arithmetic::subscript::<LOCAL, CONST, true>, arithmetic::subscript_slowly::<LOCAL, CONST, true>;
            SubscrSLStore => arithmetic::subscript::<STACK, LOCAL, true>, arithmetic::subscript_slowly::<STACK, LOCAL, true>;
            SubscrSCStore => arithmetic::subscript::<STACK, CONST, true>, arithmetic::subscript_slowly::<STACK, CONST, true>;
            SubscrSSStore => arithmetic::subscript::<STACK, STACK, true>, arithmetic::subscript_slowly::<STACK, STACK, true>;
            OtherLL => arithmetic::other::<LOCAL, LOCAL, false>, arithmetic::other_slowly::<LOCAL, LOCAL>;
            OtherLC => arithmetic::other::<LOCAL, CONST, false>, arithmetic::other_slowly::<LOCAL, CONST>;
            OtherSL => arithmetic::other::<STACK, LOCAL, false>, arithmetic::other_slowly::<STACK, LOCAL>;
            OtherSC => arithmetic::other::<STACK, CONST, false>, arithmetic::other_slowly::<STACK, CONST>;
            UnaryNegative => arithmetic::unary_negative;
            UnaryInvert => arithmetic::unary_invert;
            UnaryNot => arithmetic::unary_not;
            ToBool => arithmetic::to_bool, arithmetic::to_bool_slowly;
            IsOp => arithmetic::is_op;
            ContainsOp => arithmetic::contains_op;
            CompareOp => comparison::compare, comparison::compare_slowly;
            CompareJumpFalseSS => comparison::compare_jump::<STACK, STACK, false>, comparison::compare_jump_slowly::<STACK, STACK, false>;
            CompareJumpTrueSS => comparison::compare_jump::<STACK, STACK, true>, comparison::compare_jump_slowly::<STACK, STACK, true>;
            CompareJumpFalseLL => comparison::compare_jump::<LOCAL, LOCAL, false>, comparison::compare_jump_slowly::<LOCAL, LOCAL, false>;
            CompareJumpTrueLL => comparison::compare_jump::<LOCAL, LOCAL, true>, comparison::compare_jump_slowly::<LOCAL, LOCAL, true>;
            CompareJumpFalseLC => comparison::compare_jump::<LOCAL, CONST, false>, comparison::compare_jump_slowly::<LOCAL, CONST, false>;
            CompareJumpTrueLC => comparison::compare_jump::<LOCAL, CONST, true>, comparison::compare_jump_slowly::<LOCAL, CONST, true>;
            CompareJumpFalseSL => comparison::compare_jump::<STACK, LOCAL, false>, comparison::compare_jump_slowly::<STACK, LOCAL, false>;
            CompareJumpTrueSL => comparison::compare_jump::<STACK, LOCAL, true>, comparison::compare_jump_slowly::<STACK, LOCAL, true>;
            CompareJumpFalseSC => comparison::compare_jump::<STACK, CONST, false>, comparison::compare_jump_slowly::<STACK, CONST, false>;
            CompareJumpTrueSC => comparison::compare_jump::<STACK, CONST, true>, comparison::compare_jump_slowly::<STACK, CONST, true>;
            // Subscripts.
            BinarySlice => subscript::binary_slice;
            StoreSlice => subscript::store_slice;
            StoreSubscr => subscript::store_subscr, subscript::store_subscr_slowly;
            DeleteSubscr => subscript::delete_subscr;
            // Attributes.
            LoadAttr => attributes::load_attr::<STACK>;
            LoadAttrSlot => attributes::load_attr_slot::<STACK>, attributes::load_attr_slot_slowly::<STACK>;
            LoadAttrClass => attributes::load_attr_class::<STACK>, attributes::load_attr_class_slowly::<STACK>;
            LoadAttrType => attributes::load_attr_type::<STACK>, attributes::load_attr::<STACK>;
            LoadAttrModule => attributes::load_attr_module::<STACK>, attributes::load_attr::<STACK>;
            LoadAttrProperty => attributes::load_attr_property::<STACK>;
            LoadMethod => attributes::load_method::<STACK>, attributes::load_method_slowly::<STACK>;
            LoadAttrDescriptor => attributes::load_attr_descriptor::<STACK>, attributes::load_attr_descriptor_slowly::<STACK>;
            LoadAttrTypeDescriptor => attributes::load_attr_type_descriptor::<STACK>, attributes::load_attr::<STACK>;
            LoadAttrInDict => attributes::load_attr_in_dict::<STACK>, attributes::load_attr::<STACK>;
            LoadMethodBesideDict => attributes::load_method_beside_dict::<STACK>, attributes::load_attr::<STACK>;
            LoadAttrLocal => attributes::load_attr::<LOCAL>;
            LoadAttrOverflow => attributes::load_attr_overflow::<STACK>, attributes::load_attr_overflow_slowly::<STACK>;
            LoadAttrOverflowLocal => attributes::load_attr_overflow::<LOCAL>, attributes::load_attr_overflow_slowly::<LOCAL>;
            LoadAttrSlotLocal => attributes::load_attr_slot::<LOCAL>, attributes::load_attr_slot_slowly::<LOCAL>;
            LoadAttrClassLocal => attributes::load_attr_class::<LOCAL>, attributes::load_attr_class_slowly::<LOCAL>;
            LoadAttrTypeLocal => attributes::load_attr_type::<LOCAL>, attributes::load_attr::<LOCAL>;
            LoadAttrModuleLocal => attributes::load_attr_module::<LOCAL>, attributes::load_attr::<LOCAL>;
            LoadAttrPropertyLocal => attributes::load_attr_property::<LOCAL>;
            LoadMethodLocal => attributes::load_method::<LOCAL>, attributes::load_method_slowly::<LOCAL>;
            LoadAttrDescriptorLocal => attributes::load_attr_descriptor::<LOCAL>, attributes::load_attr_descriptor_slowly::<LOCAL>;
            LoadAttrTypeDescriptorLocal => attributes::load_attr_type_descriptor::<LOCAL>, attributes::load_attr::<LOCAL>;
            LoadAttrInDictLocal => attributes::load_attr_in_dict::<LOCAL>, attributes::load_attr::<LOCAL>;
            LoadMethodBesideDictLocal => attributes::load_method_beside_dict::<LOCAL>, attributes::load_attr::<LOCAL>;
            StoreAttr => attributes::store_attr;
            StoreAttrSlot => attributes::store_attr_slot, attributes::store_attr_slot_slowly;
            StoreAttrNew => attributes::store_attr_new, attributes::store_attr_new_slowly;
            DeleteAttr => attributes::delete_attr;
            LoadSuperAttr => super_attr::load_super_attr;
            LoadSuperMethod => super_attr::load_super_method, super_attr::load_super_attr;
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
            UnpackStore => containers::unpack_store, containers::unpack_store_slowly;
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
            ForIter => control::for_iter, control::for_iter_slowly;
            ForIterRange => control::for_iter_range, control::for_iter_slowly;
            ForIterList => control::for_iter_list, control::for_iter_slowly;
            ForIterTuple => control::for_iter_tuple, control::for_iter_slowly;
            ForIterMixed => control::for_iter_mixed, control::for_iter_slowly;
            ForIterGenerator => control::for_iter_generator, control::for_iter_slowly;
            Resume => control::resume;
            ReturnValue => control::return_value, control::return_value_slowly;
            InvalidCode => control::invalid_code;
            // Calls and functions.
            Call => calls::call, calls::call_slowly;
            CallMethodNoArgs => calls::call_method_no_args, calls::call_slowly;
            CallMethodOne => calls::call_method_one, calls::call_slowly;
            CallDefaults => calls::call_defaults, calls::call_slowly;
            CallType => calls::call_type, calls::call_slowly;
            CallListAppend => calls::call_list_append, calls::call_slowly;
            CallNativeOne => calls::call_native_one, calls::call_slowly;
            CallNative => calls::call_native, calls::call_slowly;
            CallClass => calls::call_class, calls::call_slowly;
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
            // Reports of what happens.
            Trace => trace::trace;
            TraceReturn => trace::trace_return;
            SwitchTraced => trace::switch_traced;
        }
    };
}

pub(crate) use for_each_op;

macro_rules! define_op {
    ($($name:ident => $handler:path $(, $slow:path)?;)*) => {
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
