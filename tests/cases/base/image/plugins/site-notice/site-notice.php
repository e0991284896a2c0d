<?php
// Plugin Name: Site Notice
