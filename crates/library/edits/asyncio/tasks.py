# Who waits for what is noted, and forgotten when it waits no longer.
<<<
            f.remove_done_callback(_on_completion)
===
            f.remove_done_callback(_on_completion)
            futures.future_discard_from_awaited_by(f, cur_task)
>>>
<<<
    cb = functools.partial(_release_waiter, waiter)
    fut.add_done_callback(cb)

    try:
        fut.cancel()
===
    cb = functools.partial(_release_waiter, waiter)
    fut.add_done_callback(cb)
    here = current_task()
    futures.future_add_to_awaited_by(fut, here)

    try:
        fut.cancel()
>>>
<<<
    finally:
        fut.remove_done_callback(cb)


class _AsCompletedIterator:
===
    finally:
        fut.remove_done_callback(cb)
        futures.future_discard_from_awaited_by(fut, here)


class _AsCompletedIterator:
>>>
<<<
        todo = {ensure_future(aw, loop=loop) for aw in set(aws)}
        for f in todo:
            f.add_done_callback(self._handle_completion)
===
        todo = {ensure_future(aw, loop=loop) for aw in set(aws)}
        self._waiting = current_task()
        for f in todo:
            f.add_done_callback(self._handle_completion)
            futures.future_add_to_awaited_by(f, self._waiting)
>>>
<<<
            f.remove_done_callback(self._handle_completion)
===
            f.remove_done_callback(self._handle_completion)
            futures.future_discard_from_awaited_by(f, self._waiting)
>>>
<<<
        self._todo.remove(f)
        self._done.put_nowait(f)
===
        self._todo.remove(f)
        futures.future_discard_from_awaited_by(f, self._waiting)
        self._done.put_nowait(f)
>>>
# One that was cancelled while it waited has taken nothing.
<<<
        f = await self._done.get()
===
        try:
            f = await self._done.get()
        except BaseException:
            self._todo_left += 1
            raise
>>>
<<<
                exc = fut._make_cancelled_error()
                outer.set_exception(exc)
                return
===
                exc = fut._make_cancelled_error()
                for child in children:
                    futures.future_discard_from_awaited_by(child, cur_task)
                outer.set_exception(exc)
                return
>>>
<<<
                if exc is not None:
                    outer.set_exception(exc)
===
                if exc is not None:
                    for child in children:
                        futures.future_discard_from_awaited_by(child, cur_task)
                    outer.set_exception(exc)
>>>
# What a shielded future raises after its waiter was cancelled is reported as for any other future.
<<<
            # Keep only one callback to log on cancel
            inner.remove_done_callback(_log_on_exception)
            inner.add_done_callback(_log_on_exception)
===
            if cur_task is not None:
                inner.remove_done_callback(_clear_awaited_by_callback)
                futures.future_discard_from_awaited_by(inner, cur_task)
>>>
