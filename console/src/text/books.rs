//! What rulebooks say to people, to one reader: translated where a book has it, else as it is written.

use super::{Words, t};
use crate::app::App;
use crate::{BookInfo, ParameterInfo, Rulebooks};
use care::{Foreseen, Queue, Task};
use store::{BoardRow, BoardView};
use vitals::Kind;

/// The rulebooks in the reader's language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Books<'a> {
    books: &'a dyn Rulebooks,
    words: Words,
}

impl<'a> Books<'a> {
    pub(crate) fn new(books: &'a dyn Rulebooks, words: Words) -> Self {
        Self { books, words }
    }

    pub(crate) fn of(app: &'a App, words: Words) -> Self {
        Self::new(app.rulebooks.as_ref(), words)
    }

    fn translate(self, text: &mut String) {
        if let Some(said) = self.books.text(self.words.lang.code(), text) {
            *text = said;
        }
    }

    /// A task's title, questions and basis. An operators' task is no rulebook's: its rule could not be evaluated.
    pub(crate) fn translate_task(self, task: &mut Task) {
        if task.queue == Queue::Operations {
            task.title = t!(self.words.lang, "tasks-fault-title", rule = task.rule.as_str());
            task.basis = t!(self.words.lang, "tasks-fault-basis");
            return;
        }
        self.translate(&mut task.title);
        self.translate(&mut task.basis);
        task.ask.iter_mut().for_each(|question| self.translate(question));
    }

    /// The task in the reader's language.
    pub(crate) fn task(self, mut task: Task) -> Task {
        self.translate_task(&mut task);
        task
    }

    pub(crate) fn tasks(self, tasks: Vec<Task>) -> Vec<Task> {
        tasks.into_iter().map(|task| self.task(task)).collect()
    }

    pub(crate) fn row(self, mut row: BoardRow) -> BoardRow {
        self.translate_task(&mut row.task);
        row
    }

    pub(crate) fn board(self, mut board: BoardView) -> BoardView {
        board.parts.iter_mut().flat_map(|part| &mut part.rows).for_each(|row| self.translate_task(&mut row.task));
        board
    }

    /// What a change would make of people.
    pub(crate) fn foreseen(self, mut list: Vec<Foreseen>) -> Vec<Foreseen> {
        for one in &mut list {
            let tasks = one.opened.iter_mut().chain(&mut one.cancelled).chain(&mut one.changed);
            tasks.for_each(|task| self.translate_task(task));
        }
        list
    }

    /// Every parameter that can be set now.
    pub(crate) fn parameters(self) -> Vec<ParameterInfo> {
        let mut parameters = self.books.parameters(self.words.now);
        for parameter in &mut parameters {
            // How often something is expected no book describes.
            match parameter.key.split_once(".schedule.").and_then(|(_, kind)| kind.parse::<Kind>().ok()) {
                Some(kind) => {
                    parameter.description = t!(self.words.lang, "rules-how-often", kind = self.words.kind(kind));
                }
                None => self.translate(&mut parameter.description),
            }
        }
        parameters
    }

    /// The rulebooks in force now.
    pub(crate) fn in_force(self) -> Vec<BookInfo> {
        let mut books = self.books.books(self.words.now);
        for book in &mut books {
            self.translate(&mut book.title);
            for rule in &mut book.rules {
                self.translate(&mut rule.title);
                self.translate(&mut rule.basis);
                rule.ask.iter_mut().for_each(|question| self.translate(question));
            }
        }
        books
    }
}
