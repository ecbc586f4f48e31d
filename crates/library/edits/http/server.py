# Errors in the request line are answered with a status line and headers.
<<<
            except (ValueError, IndexError):
                self.send_error(
                    HTTPStatus.BAD_REQUEST,
                    "Bad request version (%r)" % version)
                return False
===
            except (ValueError, IndexError):
                self.request_version = ''
                self.send_error(
                    HTTPStatus.BAD_REQUEST,
                    "Bad request version (%r)" % version)
                return False
            self.request_version = version
>>>
<<<
                return False
            self.request_version = version

        if not 2 <= len(words) <= 3:
===
                return False

        if not 2 <= len(words) <= 3:
            self.request_version = ''
>>>
<<<
            if command != 'GET':
===
            if command != 'GET':
                self.request_version = ''
>>>
