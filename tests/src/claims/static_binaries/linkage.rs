//! What an ELF program asks of the system before it runs.

use object::elf::{DT_NEEDED, FileHeader64, PT_INTERP};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, ReadRef};

/// The loader and the libraries that a program names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linkage {
    /// Whether the kernel must start a loader first.
    pub loader: bool,
    /// How many shared libraries the loader must find.
    pub libraries: usize,
}

impl Linkage {
    /// Reads it out of a 64-bit ELF file.
    ///
    /// # Errors
    /// It is no such file, or a broken one.
    pub fn read<'a>(file: impl ReadRef<'a>) -> Result<Self, object::Error> {
        let header = FileHeader64::<Endianness>::parse(file)?;
        let endian = header.endian()?;
        let mut linkage = Self::default();
        for segment in header.program_headers(endian, file)? {
            linkage.loader |= segment.p_type(endian) == PT_INTERP;
            if let Some(entries) = segment.dynamic(endian, file)? {
                let needed = entries
                    .iter()
                    .filter(|entry| entry.tag(endian) == DT_NEEDED);
                linkage.libraries += needed.count();
            }
        }
        Ok(linkage)
    }

    /// Whether it asks for nothing.
    pub fn is_static(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_test_program_asks_for_a_loader_and_libraries() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let linkage = Linkage::read(program.as_slice()).unwrap();
        assert!(linkage.loader && linkage.libraries > 0, "{linkage:?}");
        assert!(!linkage.is_static());
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        assert!(Linkage::read(&b"#!/bin/sh\nexit 0\n"[..]).is_err());
    }
}
