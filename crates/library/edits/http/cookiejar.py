# The first line may be written in any case.
<<<
NETSCAPE_MAGIC_RGX = re.compile("#( Netscape)? HTTP Cookie File")
===
NETSCAPE_MAGIC_RGX = re.compile("(?ai)#( Netscape)? HTTP Cookie File")
>>>
# Negative versions follow no rules at all.
<<<
                   cookie.name, cookie.value)
            return False
        if cookie.version > 0 and not self.rfc2965:
===
                   cookie.name, cookie.value)
            return False
        if cookie.version < 0:
            _debug("   version is negative (%s=%s)", cookie.name, cookie.value)
            return False
        if cookie.version > 0 and not self.rfc2965:
>>>
<<<
    def return_ok_version(self, cookie, request):
===
    def return_ok_version(self, cookie, request):
        if cookie.version < 0:
            _debug("   version is negative")
            return False
>>>
<<<
                return None  # invalid version, ignore cookie
===
                return None  # invalid version, ignore cookie
            if version < 0:
                return None
>>>
# Other programs write 0 for a cookie of the session.
<<<
                if expires == "":
                    expires = None
                    discard = True
===
                if expires in ("", "0"):
                    expires = None
                    discard = True
>>>
