//! `import` and `from … import …`.

use pyrope_bytecode::{Constant, Intrinsic1, Location, Opcode};
use pyrope_parser::ast::Alias;

use super::{Compiler, int_const, name_const};
use crate::error::Result;

impl Compiler<'_> {
    pub(super) fn import(&mut self, location: Location, names: &[Alias]) -> Result<()> {
        for alias in names {
            self.load_const(location, int_const(0));
            self.load_none(location);
            self.flagged_name(location, Opcode::ImportName, &alias.name, 0, 0);
            match &alias.asname {
                Some(asname) => self.import_as(location, &alias.name, asname)?,
                None => {
                    let top = alias.name.split('.').next().unwrap_or(&alias.name);
                    self.store(location, top)?;
                }
            }
        }
        Ok(())
    }

    /// `import a.b.c as d` binds `c`, which is fetched from its packages.
    fn import_as(&mut self, location: Location, name: &str, asname: &str) -> Result<()> {
        let mut parts = name.split('.').skip(1).peekable();
        if parts.peek().is_none() {
            return self.store(location, asname);
        }
        while let Some(part) = parts.next() {
            self.raw_name(location, Opcode::ImportFrom, part);
            if parts.peek().is_some() {
                self.emit(location, Opcode::Swap, 2);
                self.plain(location, Opcode::PopTop);
            }
        }
        self.store(location, asname)?;
        self.plain(location, Opcode::PopTop);
        Ok(())
    }

    pub(super) fn import_from(
        &mut self,
        location: Location,
        module: Option<&str>,
        names: &[Alias],
        level: u32,
    ) -> Result<()> {
        self.load_const(location, int_const(level as usize));
        let wanted = names.iter().map(|alias| name_const(&alias.name)).collect();
        self.load_const(location, Constant::Tuple(wanted));
        self.flagged_name(location, Opcode::ImportName, module.unwrap_or(""), 0, 0);
        if names.first().is_some_and(|first| first.name.starts_with('*')) {
            self.intrinsic_1(location, Intrinsic1::ImportStar);
            self.plain(Location::NONE, Opcode::PopTop);
            return Ok(());
        }
        for alias in names {
            self.flagged_name(location, Opcode::ImportFrom, &alias.name, 0, 0);
            self.store(location, alias.asname.as_ref().unwrap_or(&alias.name))?;
        }
        self.plain(location, Opcode::PopTop);
        Ok(())
    }
}
