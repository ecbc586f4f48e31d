# A status that is no integer is shown as it is.
<<<
        if self.returncode and self.returncode < 0:
            try:
                return "Command '%s' died with %r." % (
===
        if isinstance(self.returncode, int) and self.returncode < 0:
            try:
                return "Command '%s' died with %r." % (
>>>
<<<
            return "Command '%s' returned non-zero exit status %d." % (
===
            return "Command '%s' returned non-zero exit status %s." % (
>>>
