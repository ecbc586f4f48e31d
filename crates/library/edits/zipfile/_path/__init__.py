# An archive without a name has paths too.
<<<
        return posixpath.join(self.root.filename, self.at)
===
        root = self.root.filename
        if root is None:
            root = ':zipfile:'
        return posixpath.join(root, self.at) if self.at else root
>>>
