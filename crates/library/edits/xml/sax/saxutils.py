# Namespaces are quoted like other attributes.
<<<
                self._write(' xmlns:%s="%s"' % (prefix, uri))
===
                self._write(f' xmlns:{prefix}={quoteattr(uri)}')
>>>
<<<
                self._write(' xmlns="%s"' % uri)
===
                self._write(f' xmlns={quoteattr(uri)}')
>>>
