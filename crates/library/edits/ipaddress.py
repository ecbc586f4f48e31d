# An exploded address keeps its scope.
<<<
            ip_str = str(self)

        ip_int = self._ip_int_from_string(ip_str)
        hex_str = '%032x' % ip_int
===
            ip_str = self._string_from_ip_int(self._ip)

        ip_int = self._ip_int_from_string(ip_str)
        hex_str = '%032x' % ip_int
>>>
<<<
        if isinstance(self, (_BaseNetwork, IPv6Interface)):
            return '%s/%d' % (':'.join(parts), self._prefixlen)
        return ':'.join(parts)
===
        is_network = isinstance(self, _BaseNetwork)
        text = ':'.join(parts)
        if not is_network and self._scope_id:
            text += '%' + self._scope_id
        if is_network or isinstance(self, IPv6Interface):
            text += f'/{self._prefixlen}'
        return text
>>>
