# `until` begins in the frame that was shown.
<<<
            lineno = frame.f_lineno + 1
        self._set_stopinfo(frame, frame, lineno)
===
            lineno = frame.f_lineno + 1
        self._set_stopinfo(frame, frame, lineno, cmdframe=frame, cmdlineno=frame.f_lineno)
>>>
# Inside the debugger's own functions nothing is traced.
<<<
        self.stop_trace()
        if frame is None:
            frame = sys._getframe().f_back
===
        if self.enterframe is not None:
            return
        self.stop_trace()
        if frame is None:
            frame = sys._getframe().f_back
>>>
# Deleting shortens the list.
<<<
            for bp in blist:
                bp.deleteMe()
        del self.breaks[filename]
===
            for bp in list(blist):
                bp.deleteMe()
        del self.breaks[filename]
>>>
