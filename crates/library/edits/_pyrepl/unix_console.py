# Colours end with the line.
<<<
from . import terminfo
===
from _colorize import ANSIColors
from . import terminfo
>>>
<<<
        self.__input_fd_set(raw)

===
        self.__input_fd_set(raw)
        self.__raw_state = raw

>>>
<<<
        self.__disable_bracketed_paste()
        self.__maybe_write_code(self._rmkx)
===
        self.__write(ANSIColors.RESET)
        self.__disable_bracketed_paste()
        self.__maybe_write_code(self._rmkx)
>>>
<<<
        self.__write("\n\r")
===
        self.__write(ANSIColors.RESET)
        self.__write("\n\r")
>>>
# Hooks write with the terminal's usual output settings.
<<<
            return posix._inputhook
===
            return self.__call_input_hook
>>>
<<<
    def __enable_bracketed_paste(self) -> None:
===
    def __call_input_hook(self):
        state = self.__raw_state.copy()
        state.oflag = self.__svtermstate.oflag
        self.__input_fd_set(state)
        try:
            return posix._inputhook()
        finally:
            self.__input_fd_set(self.__raw_state)

    def __enable_bracketed_paste(self) -> None:
>>>
