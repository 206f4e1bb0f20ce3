//! `quibus man`: the manual, a page for each command.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;
use crate::typed::Typed;

/// The manual, a page for each command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManPages {
    /// Where the pages are put; without it, the first one is printed.
    pub into: Option<PathBuf>,
    /// The form of what is printed about pages that were put somewhere.
    pub output: OutputForm,
}

impl ManPages {
    /// Prints or writes them.
    pub fn perform(&self) -> Result<Printed, Complaint> {
        let mut tool = Typed::command();
        tool.build();
        let text = match &self.into {
            Some(folder) => self.written(&tool, folder)?,
            None => page(&tool).map_err(|cause| failed("the page", &cause))?,
        };
        Ok(Printed {
            text,
            status: ExitStatus::Done,
        })
    }

    fn written(&self, tool: &Command, folder: &Path) -> Result<String, Complaint> {
        let write = || -> io::Result<Vec<PathBuf>> {
            fs::create_dir_all(folder)?;
            let mut files = Vec::new();
            for (name, text) in pages(tool)? {
                let file = folder.join(name);
                fs::write(&file, text)?;
                files.push(file);
            }
            Ok(files)
        };
        let files = write().map_err(|cause| failed(&folder.display().to_string(), &cause))?;
        let paths: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Ok(match self.output {
            OutputForm::Text => {
                let count = paths.len();
                let first = folder.join("quibus.1");
                format!(
                    "wrote {count} pages; read the first with: man {}\n",
                    first.display()
                )
            }
            OutputForm::Json => {
                let written = serde_json::json!({
                    "kind": "ManPages",
                    "apiVersion": "quibus/v1",
                    "files": paths,
                });
                format!("{written}\n")
            }
        })
    }
}

/// The pages of a command and of all below it, by file name.
fn pages(command: &Command) -> io::Result<Vec<(String, String)>> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut all = vec![(format!("{name}.1"), page(command)?)];
    for below in command.get_subcommands() {
        if below.get_name() != "help" {
            all.extend(pages(below)?);
        }
    }
    Ok(all)
}

fn page(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn failed(what: &str, cause: &io::Error) -> Complaint {
    let help = "see who owns the folder and if the disk has room";
    Complaint::new(format!("cannot write {what}"), help).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let man = ManPages {
            into: Some(folder.path().join("man1")),
            output: OutputForm::Text,
        };
        man.perform().unwrap();
        for page in ["quibus.1", "quibus-certs.1", "quibus-certs-issue.1"] {
            let text = fs::read_to_string(folder.path().join("man1").join(page)).unwrap();
            assert!(text.contains(".TH"), "{page}: {text}");
        }
        let first = ManPages {
            into: None,
            output: OutputForm::Text,
        };
        assert!(first.perform().unwrap().text.contains("Exit codes"));
    }
}
