# The part that is looked at must be made of parts.
<<<
        if maintype != 'multipart' or not self.is_multipart():
            return
===
        if maintype != 'multipart' or not part.is_multipart():
            return
>>>
