// begin.js: the scope that all modules below share. They come one after the other in the order of src/cmake/embed.cmake.
(() => {
'use strict';
