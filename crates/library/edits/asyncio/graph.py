# A coroutine that has ended has no frame.
<<<
            st.append(FrameCallGraphEntry(coro.cr_frame))
            coro = coro.cr_await
===
            if (frame := coro.cr_frame) is not None:
                st.append(FrameCallGraphEntry(frame))
            coro = coro.cr_await
>>>
# Only those that are awaited end the chain of callers.
<<<
            is_async = f.f_generator is not None
===
            is_async = isinstance(f.f_generator, (types.CoroutineType, types.AsyncGeneratorType))
>>>
