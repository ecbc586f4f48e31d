"""`__class__` moves between classes whatever their instances look like in memory."""
import gc
import weakref


class Small:
    pass


class Large:
    def __init__(self):
        self.a = self.b = self.c = self.d = self.e = self.f = self.g = self.h = 1


def grows_and_shrinks():
    small, large = Small(), Large()
    small.x = 1
    small.__class__ = Large
    small.y = 2
    assert vars(small) == {"x": 1, "y": 2} and type(small) is Large
    small.__class__ = Small
    assert vars(small) == {"x": 1, "y": 2} and type(small) is Small
    large.__class__ = Small
    large.z = 3
    assert list(vars(large)) == [*"abcdefgh", "z"]
    large.__dict__ = {"q": 1}
    large.__class__ = Large
    assert vars(large) == {"q": 1}


def survivors_of_a_changed_class_die():
    refs = []
    for i in range(200):
        small, large = Small(), Large()
        small.__class__, large.__class__ = Large, Small
        small.me, large.me = small, large
        refs += [weakref.ref(small), weakref.ref(large)]
    del small, large
    gc.collect()
    assert all(ref() is None for ref in refs)


def finalizer_changes_class():
    class Other:
        pass

    class Dying:
        def __del__(self):
            self.__class__ = Other

    for _ in range(100):
        Dying()


def inherited_native_new_fits_the_layout():
    class Odd:
        __new__ = list.__new__

    class OddList(list):
        __new__ = object.__new__

    assert type(Odd()) is Odd and OddList() == []


grows_and_shrinks()
survivors_of_a_changed_class_die()
finalizer_changes_class()
inherited_native_new_fits_the_layout()
