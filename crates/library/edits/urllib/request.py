# A password is for one scheme only.
<<<
            reduced_uri = tuple(
                self.reduce_uri(u, default_port) for u in uri)
            self.passwd[realm][reduced_uri] = (user, passwd)
===
            reduced_uri = tuple(
                self._scheme_and_uri(u, default_port) for u in uri)
            self.passwd[realm][reduced_uri] = (user, passwd)
>>>
<<<
            reduced_authuri = self.reduce_uri(authuri, default_port)
            for uris, authinfo in domains.items():
                for uri in uris:
                    if self.is_suburi(uri, reduced_authuri):
===
            reduced_authuri = self._scheme_and_uri(authuri, default_port)
            for uris, authinfo in domains.items():
                for uri in uris:
                    if self._is_below(uri, reduced_authuri):
>>>
<<<
    def is_suburi(self, base, test):
===
    def _scheme_and_uri(self, uri, default_port=True):
        parts = urlsplit(uri)
        scheme = parts.scheme if parts.scheme and parts.netloc else None
        return (scheme, *self.reduce_uri(uri, default_port))

    def _is_below(self, base, test):
        schemes = {base[0], test[0]} - {None}
        return len(schemes) < 2 and self.is_suburi(base[1:], test[1:])

    def is_suburi(self, base, test):
>>>
<<<
                reduced_uri = self.reduce_uri(u, default_port)
                self.authenticated[reduced_uri] = is_authenticated
===
                reduced_uri = self._scheme_and_uri(u, default_port)
                self.authenticated[reduced_uri] = is_authenticated
>>>
<<<
            reduced_authuri = self.reduce_uri(authuri, default_port)
            for uri in self.authenticated:
                if self.is_suburi(uri, reduced_authuri):
===
            reduced_authuri = self._scheme_and_uri(authuri, default_port)
            for uri in self.authenticated:
                if self._is_below(uri, reduced_authuri):
>>>
