<?php
/**
 * Signatures that AWS publishes: the test suite's get-vanilla, and the five examples of the S3 manual
 * ("Authorization Header" and "Using Query Parameters"). Prints name, expected, found as JSON.
 */

declare(strict_types=1);

require '/usr/lib/wpaas/mu-plugin/s3/signer.php';

use Wpaas\S3\Signer;

$suite = new Signer('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'us-east-1', 'service');
$manual = new Signer('AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'us-east-1');
$empty = Signer::EMPTY_HASH;
$host = 'examplebucket.s3.amazonaws.com';
$at = '20130524T000000Z';
$plain = ['Host' => $host, 'x-amz-content-sha256' => $empty, 'x-amz-date' => $at];
$body = hash('sha256', 'Welcome to Amazon S3.');

$rows = [
    ['get-vanilla', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
        $suite->authorization('GET', '/', [], ['Host' => 'example.amazonaws.com',
            'X-Amz-Date' => '20150830T123600Z'], $empty)],
    ['get object with range', 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        $manual->authorization('GET', '/test.txt', [], $plain + ['Range' => 'bytes=0-9'], $empty)],
    ['put object, name with a dollar', '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
        $manual->authorization('PUT', Signer::encode_path('/test$file.text'), [], [
            'Date' => 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class' => 'REDUCED_REDUNDANCY',
            'x-amz-content-sha256' => $body] + $plain, $body)],
    ['query without a value', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
        $manual->authorization('GET', '/', ['lifecycle' => ''], $plain, $empty)],
    ['query of two', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
        $manual->authorization('GET', '/', ['prefix' => 'J', 'max-keys' => '2'], $plain, $empty)],
    ['address signed for a day', 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
        $manual->presigned('GET', '/test.txt', $host, $at, 86400)],
];
echo json_encode(array_map(
    static fn (array $row) => [$row[0], $row[1], substr($row[2], -64)],
    $rows
));
