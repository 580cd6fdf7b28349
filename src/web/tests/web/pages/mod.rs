//! Pages and forms as a browser sees them.
//! - [`browser`]: what visits; [`story`]: a person's way through the pages, each form filled in and each page looked at; [`tickets`]: what tickets can do

mod accounts;
mod admin;
mod archived;
pub mod browser;
mod code;
mod editor;
mod elsewhere;
mod far;
mod far_plans;
mod feeds;
mod files;
mod forks;
mod forms;
mod grants;
mod hooks;
mod links;
mod lists;
mod new;
mod notices;
mod powers;
mod profile;
mod protection;
mod references;
mod registration;
mod releases;
mod reviews;
mod roadmap;
mod safety;
mod signatures;
mod statuses;
mod story;
mod teams;
mod tickets;
mod tokens;
mod waiting;
mod workflow;
