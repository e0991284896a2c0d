<?php
/**
 * What PHP's file functions answer below a folder, row by row, as JSON: run once for a local disk and
 * once for the store. Expects $folder; each row has a folder of its own.
 */

declare(strict_types=1);

/** Opens, runs the steps on the stream, closes; then what the file holds. */
$opened = static function (string $file, string $mode, callable $steps): array {
    $stream = @fopen($file, $mode);
    if ($stream === false) {
        return ['opened' => false, 'holds' => @file_get_contents($file)];
    }
    $did = $steps($stream);
    fclose($stream);
    clearstatcache();
    return ['opened' => true, 'did' => $did, 'holds' => @file_get_contents($file), 'size' => @filesize($file)];
};
$writes = static fn ($stream) => [@fwrite($stream, 'NEW'), ftell($stream), rewind($stream), @fread($stream, 99)];
$rows = [];
foreach (['r', 'r+', 'w', 'w+', 'a', 'a+', 'x', 'x+', 'c', 'c+', 'rb', 'wb', 'ab', 'xb', 'r+b'] as $mode) {
    $rows["$mode, no file"] = static fn (string $at) => $opened("$at/a.txt", $mode, $writes);
    $rows["$mode, a file"] = static function (string $at) use ($opened, $mode, $writes): array {
        file_put_contents("$at/a.txt", 'old content');
        return $opened("$at/a.txt", $mode, $writes);
    };
}
$rows += [
    'seek, then write' => static function (string $at) use ($opened): array {
        file_put_contents("$at/a.txt", '0123456789');
        return $opened("$at/a.txt", 'r+', static fn ($s) => [fseek($s, -3, SEEK_END), fwrite($s, 'X'), ftell($s),
            fseek($s, 100), ftell($s), feof($s), fseek($s, -1, SEEK_SET)]);
    },
    'read by lines' => static function (string $at): array {
        file_put_contents("$at/a.txt", "one\ntwo\nthree");
        return [file("$at/a.txt"), @file_get_contents("$at/a.txt", false, null, 4, 3)];
    },
    'truncate' => static function (string $at) use ($opened): array {
        file_put_contents("$at/a.txt", '0123456789');
        return $opened("$at/a.txt", 'r+', static fn ($s) => [ftruncate($s, 4), fstat($s)['size']]);
    },
    'truncate when opened to read' => static function (string $at) use ($opened): array {
        file_put_contents("$at/a.txt", '0123456789');
        return $opened("$at/a.txt", 'r', static fn ($s) => [@ftruncate($s, 4)]);
    },
    'append twice' => static fn (string $at) => [file_put_contents("$at/a.txt", 'a', FILE_APPEND),
        file_put_contents("$at/a.txt", 'b', FILE_APPEND), file_get_contents("$at/a.txt")],
    'lock' => static fn (string $at) => $opened("$at/a.txt", 'w', static fn ($s) => [flock($s, LOCK_EX),
        fwrite($s, 'locked'), flock($s, LOCK_UN)]),
    'flush, write on' => static fn (string $at) => $opened("$at/a.txt", 'w', static fn ($s) => [fwrite($s, 'a'),
        fflush($s), file_get_contents("$at/a.txt"), fwrite($s, 'b')]),
    'empty file' => static fn (string $at) => [file_put_contents("$at/a.txt", ''), file_exists("$at/a.txt"),
        filesize("$at/a.txt"), file_get_contents("$at/a.txt")],
    'large file' => static fn (string $at) => [file_put_contents("$at/a.bin", str_repeat("\0\xff", 1500000)),
        filesize("$at/a.bin"), md5_file("$at/a.bin")],
    'names that need encoding' => static function (string $at): array {
        $found = [];
        foreach (['with space', 'ümlaut', 'a+b', 'a%20b', "o'neil", 'a&b=c', 'a;b', '日本', 'a(1)!*', 'q?x#y'] as $name) {
            $found[] = [file_put_contents("$at/$name.txt", $name), file_get_contents("$at/$name.txt")];
        }
        $names = array_values(array_diff(scandir($at), ['.', '..']));
        return [$found, $names];
    },
    'copy' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), copy("$at/a.txt", "$at/b.txt"),
        file_get_contents("$at/b.txt"), @copy("$at/none.txt", "$at/c.txt")],
    'rename' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), rename("$at/a.txt", "$at/b.txt"),
        file_exists("$at/a.txt"), file_get_contents("$at/b.txt"), @rename("$at/a.txt", "$at/c.txt")],
    'rename over a file' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'),
        file_put_contents("$at/b.txt", 'longer'), filesize("$at/b.txt"), rename("$at/a.txt", "$at/b.txt"),
        file_get_contents("$at/b.txt")],
    'rename a folder' => static fn (string $at) => [mkdir("$at/d"), file_put_contents("$at/d/a.txt", 'x'),
        rename("$at/d", "$at/e"), is_dir("$at/d"), is_dir("$at/e"), file_get_contents("$at/e/a.txt")],
    'unlink' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), unlink("$at/a.txt"),
        file_exists("$at/a.txt"), @unlink("$at/a.txt"), @file_get_contents("$at/a.txt")],
    'unlink while it is read' => static function (string $at): array {
        file_put_contents("$at/a.txt", 'still here');
        $stream = fopen("$at/a.txt", 'r');
        return [unlink("$at/a.txt"), fread($stream, 99)];
    },
    'touch' => static fn (string $at) => [touch("$at/a.txt"), file_exists("$at/a.txt"), filesize("$at/a.txt"),
        touch("$at/a.txt")],
    'kinds' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), is_file("$at/a.txt"), is_dir("$at/a.txt"),
        is_file($at), is_dir($at), is_writable("$at/a.txt"), is_readable("$at/a.txt"), is_writable($at),
        file_exists("$at/none.txt"), is_dir("$at/none"), @filesize("$at/none.txt"), filetype("$at/a.txt")],
    'folders' => static fn (string $at) => [mkdir("$at/d"), is_dir("$at/d"), @mkdir("$at/d"), rmdir("$at/d"),
        is_dir("$at/d"), @rmdir("$at/d")],
    'folder that is not empty' => static fn (string $at) => [mkdir("$at/d"), file_put_contents("$at/d/a.txt", 'x'),
        @rmdir("$at/d"), unlink("$at/d/a.txt"), rmdir("$at/d"), is_dir("$at/d")],
    'deep folders' => static fn (string $at) => [mkdir("$at/d/e/f", 0755, true), is_dir("$at/d/e/f"), is_dir("$at/d"),
        array_values(array_diff(scandir("$at/d"), ['.', '..']))],
    'listing' => static function (string $at): array {
        foreach (['c', 'a', 'b'] as $name) {
            file_put_contents("$at/$name.txt", $name);
        }
        mkdir("$at/d");
        file_put_contents("$at/d/inner.txt", 'x');
        $names = [];
        $folder = opendir($at);
        while (($name = readdir($folder)) !== false) {
            $names[] = $name;
        }
        rewinddir($folder);
        $again = readdir($folder) !== false;
        closedir($folder);
        sort($names);
        return [$names, $again, @opendir("$at/none"), scandir($at)];
    },
    'iterators' => static function (string $at): array {
        mkdir("$at/d");
        file_put_contents("$at/d/a.txt", 'x');
        file_put_contents("$at/b.txt", 'x');
        $found = [];
        $options = FilesystemIterator::SKIP_DOTS;
        foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($at, $options)) as $file) {
            $found[] = substr($file->getPathname(), strlen($at));
        }
        sort($found);
        return $found;
    },
    'change is seen at once' => static fn (string $at) => [file_put_contents("$at/a.txt", 'one'),
        file_get_contents("$at/a.txt"), file_put_contents("$at/a.txt", 'other'), file_get_contents("$at/a.txt"),
        filesize("$at/a.txt")],
    'picture' => static function (string $at): array {
        $picture = imagecreatetruecolor(40, 30);
        return [imagejpeg($picture, "$at/a.jpg"), array_slice(getimagesize("$at/a.jpg"), 0, 3),
            imagesx(imagecreatefromjpeg("$at/a.jpg")), @exif_read_data("$at/a.jpg")['MimeType']];
    },
    'read to the end' => static function (string $at): array {
        file_put_contents("$at/a.txt", '0123456789');
        $stream = fopen("$at/a.txt", 'r');
        $did = [feof($stream)];
        while (!feof($stream)) {
            $did[] = fread($stream, 4);
        }
        return [...$did, fread($stream, 4), ftell($stream), rewind($stream), feof($stream), fgetc($stream),
            fseek($stream, 2, SEEK_CUR), fgetc($stream), fseek($stream, -99, SEEK_CUR), ftell($stream),
            stream_get_contents($stream, 3, 1), fstat($stream)['size']];
    },
    'append after reading' => static function (string $at) use ($opened): array {
        file_put_contents("$at/a.txt", '0123456789');
        return $opened("$at/a.txt", 'a+', static fn ($s) => [rewind($s), fread($s, 2), fwrite($s, 'END'), rewind($s), fread($s, 99)]);
    },
    'write on after each flush' => static function (string $at) use ($opened): array {
        return $opened("$at/a.txt", 'w+', static fn ($s) => [fwrite($s, 'one'), fflush($s), fwrite($s, 'two'), fflush($s),
            rewind($s), fwrite($s, 'X'), fflush($s), file_get_contents("$at/a.txt"), ftruncate($s, 2), fflush($s),
            file_get_contents("$at/a.txt")]);
    },
    'copy over a file' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'),
        file_put_contents("$at/b.txt", 'longer'), copy("$at/a.txt", "$at/b.txt"), file_get_contents("$at/b.txt"),
        filesize("$at/b.txt"), file_exists("$at/a.txt")],
    'between disk and here' => static function (string $at): array {
        $local = tempnam('/tmp', 'row');
        file_put_contents($local, 'from disk');
        $did = [copy($local, "$at/a.txt"), file_get_contents("$at/a.txt"), unlink($local), file_exists($local),
            copy("$at/a.txt", $local), file_get_contents($local)];
        unlink($local);
        return $did;
    },
    'rename a folder of folders' => static fn (string $at) => [mkdir("$at/d/e", 0755, true), file_put_contents("$at/d/e/a.txt", 'x'),
        file_put_contents("$at/d/b.txt", 'y'), rename("$at/d", "$at/n"), is_dir("$at/d"), scandir("$at/n"), file_get_contents("$at/n/e/a.txt")],
    'rename onto a folder' => static fn (string $at) => [mkdir("$at/d"), file_put_contents("$at/d/b.txt", 'y'),
        file_put_contents("$at/a.txt", 'x'), @rename("$at/a.txt", "$at/d"), file_exists("$at/a.txt"), is_dir("$at/d")],
    'rename a folder onto a file' => static fn (string $at) => [mkdir("$at/d"), file_put_contents("$at/a.txt", 'x'),
        @rename("$at/d", "$at/a.txt"), is_dir("$at/d"), is_file("$at/a.txt")],
    'rename a folder onto one with content' => static fn (string $at) => [mkdir("$at/d"), mkdir("$at/e"),
        file_put_contents("$at/e/a.txt", 'x'), @rename("$at/d", "$at/e"), is_dir("$at/d"), file_exists("$at/e/a.txt")],
    'unlink a folder' => static fn (string $at) => [mkdir("$at/d"), @unlink("$at/d"), is_dir("$at/d")],
    'rmdir of a file' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), @rmdir("$at/a.txt"), file_exists("$at/a.txt")],
    'mkdir over a file' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), @mkdir("$at/a.txt"), is_file("$at/a.txt")],
    'open a folder as a file' => static fn (string $at) => [mkdir("$at/d"), @file_put_contents("$at/d", 'x'), is_dir("$at/d")],
    'list a file' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), @opendir("$at/a.txt"), @scandir("$at/a.txt")],
    'touch a folder' => static fn (string $at) => [mkdir("$at/d"), touch("$at/d"), is_dir("$at/d"), chmod("$at/d", 0777)],
    'touch keeps the content' => static fn (string $at) => [file_put_contents("$at/a.txt", 'kept'), touch("$at/a.txt"),
        file_get_contents("$at/a.txt")],
    'times' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), abs(filemtime("$at/a.txt") - time()) < 5,
        abs(stat("$at/a.txt")['mtime'] - time()) < 5, abs(filectime("$at/a.txt") - time()) < 5],
    'exclusive among many' => static function (string $at): array {
        $first = fopen("$at/a.txt", 'x');
        fwrite($first, 'one');
        fclose($first);
        return [@fopen("$at/a.txt", 'x'), @fopen("$at/a.txt", 'x+'), file_get_contents("$at/a.txt")];
    },
    'deleted is gone from the list' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x'), scandir($at),
        unlink("$at/a.txt"), scandir($at), is_dir($at)],
    'csv and passthru' => static function (string $at): array {
        $stream = fopen("$at/a.csv", 'w');
        fputcsv($stream, ['a', 'b "c"', "d\ne"], ',', '"', '');
        fclose($stream);
        $stream = fopen("$at/a.csv", 'r');
        $row = fgetcsv($stream, null, ',', '"', '');
        ob_start();
        readfile("$at/a.csv");
        return [$row, ob_get_clean()];
    },
    'spl objects' => static function (string $at): array {
        $file = new SplFileObject("$at/a.txt", 'w+');
        $file->fwrite("one\ntwo\n");
        unset($file);
        return [iterator_to_array(new SplFileObject("$at/a.txt")), (new SplFileInfo("$at/a.txt"))->getSize()];
    },
    'code is not run' => static fn (string $at) => [file_put_contents("$at/a.txt", 'x') === 1],
];

$answers = [];
foreach (array_keys($rows) as $number => $name) {
    $at = "$folder/row$number";
    mkdir($at);
    $answers[$name] = $rows[$name]($at);
}
echo json_encode($answers, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
