//! The folder with the inputs of one target.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{fs, io};

/// What the names of generated inputs begin with; all others were found by fuzzing.
const SAMPLE: &str = "sample-";

/// The folder with the inputs of one target.
#[derive(Debug, Clone)]
pub struct Corpus {
    folder: PathBuf,
}

impl Corpus {
    /// The corpus of the target with this name.
    pub fn of(target: &str) -> Self {
        let corpora = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus"));
        Self {
            folder: corpora.join(target),
        }
    }

    /// All inputs, by the names of their files.
    pub fn inputs(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut inputs = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            inputs.push((name, fs::read(entry.path())?));
        }
        inputs.sort();
        Ok(inputs)
    }

    /// The inputs that were generated.
    pub fn samples(&self) -> io::Result<BTreeSet<Vec<u8>>> {
        let inputs = self.inputs()?.into_iter();
        let samples = inputs.filter(|(name, _)| name.starts_with(SAMPLE));
        Ok(samples.map(|(_, input)| input).collect())
    }

    /// Puts these in the place of all inputs that were generated; gives how many there are.
    pub fn replace_samples(&self, samples: Vec<Vec<u8>>) -> io::Result<usize> {
        fs::create_dir_all(&self.folder)?;
        for (name, _) in self.inputs()? {
            if name.starts_with(SAMPLE) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        for (index, sample) in samples.iter().enumerate() {
            fs::write(self.folder.join(format!("{SAMPLE}{index:03}")), sample)?;
        }
        Ok(samples.len())
    }
}
