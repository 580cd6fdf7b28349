//! Pages and forms as a browser sees them.
//! - [`browser`]: what visits; [`story`]: a person's way through the pages, each form filled in and each page looked at; [`tickets`]: what tickets can do

mod accounts;
pub mod browser;
mod files;
mod forms;
mod grants;
mod links;
<<<<<<< HEAD
mod releases;
=======
mod reviews;
>>>>>>> 65f98bc (patch tracker, web: threads of reviews are answered with comments and suggested lines; forms for reviews)
mod roadmap;
mod safety;
mod story;
mod teams;
mod tickets;
mod workflow;
