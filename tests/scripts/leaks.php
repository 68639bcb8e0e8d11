<?php
// SPDX-License-Identifier: BSD-2-Clause
//
// Leaks sockets out of all kinds of functions, and says which these were: as leaks.py, in PHP.
namespace {

$kept = [];
$known = [];

// The inode of the newest socket: no function of PHP says it.
function inode_of_new()
{
    global $known;
    foreach (scandir('/proc/self/fd') as $fd) {
        $link = @readlink("/proc/self/fd/$fd");
        if (strpos((string)$link, 'socket:[') === 0 && !isset($known[$link])) {
            $known[$link] = true;
            return (int)substr($link, 8);
        }
    }
    return 0;
}

// As debug_backtrace() has it: a function, and where it was called.
function name_of($frame)
{
    $name = (isset($frame['class']) ? $frame['class'] . '::' : '') . $frame['function'];
    $name = explode("\0", $name)[0] . (strpos($name, "\0") ? '::' . $frame['function'] : '');
    $name = preg_replace('/{closure:[^{}]*[^){}]:\d+}/', '{closure}', $name); // no folder
    $name = preg_replace('/:\d+}/', '}', $name); // and no line
    return in_array($name, ['include_once', 'require', 'require_once']) ? 'include' : $name;
}

function leak($name)
{
    global $kept;
    $kept[] = socket_create(AF_UNIX, SOCK_STREAM, 0); $line = __LINE__; $where = debug_backtrace(0);
    $at = [[__FILE__, $line], [__FILE__, $line]];
    $functions = ['socket_create'];
    foreach ($where as $frame) {
        $functions[] = name_of($frame);
        $at[] = isset($frame['file']) ? [$frame['file'], $frame['line']] : null;
    }
    $functions[] = '{main}';
    $frames = [];
    foreach ($functions as $i => $function) {
        for ($of = $i; !$at[$of]; $of++) {
        }
        $frames[] = [$function, $at[$of][0], $at[$of][1]];
    }
    say(['case' => $name, 'inode' => inode_of_new(), 'frames' => $frames]);
}

function say($line)
{
    echo json_encode($line ?: new stdClass()) . "\n";
}

trait Shared
{
    public function of_trait()
    {
        leak('trait');
    }
}

class Base implements ArrayAccess, Countable, IteratorAggregate, JsonSerializable
{
    use Shared;

    public function plain()
    {
        leak('method');
    }

    public static function of_class()
    {
        leak('static method');
    }

    public function __call($name, $arguments)
    {
        leak('__call');
    }

    public static function __callStatic($name, $arguments)
    {
        leak('__callStatic');
    }

    public function __get($name)
    {
        leak('__get');
        return 1;
    }

    public function __set($name, $value)
    {
        leak('__set');
    }

    public function __invoke()
    {
        leak('__invoke');
    }

    public function __toString()
    {
        leak('__toString');
        return 'text';
    }

    public function __destruct()
    {
        leak('__destruct');
    }

    #[ReturnTypeWillChange]
    public function offsetExists($at)
    {
        leak('isset');
        return true;
    }

    #[ReturnTypeWillChange]
    public function offsetGet($at)
    {
        leak('index');
        return 1;
    }

    #[ReturnTypeWillChange]
    public function offsetSet($at, $value)
    {
        leak('assignment');
    }

    #[ReturnTypeWillChange]
    public function offsetUnset($at)
    {
        leak('unset');
    }

    #[ReturnTypeWillChange]
    public function count()
    {
        leak('count');
        return 1;
    }

    #[ReturnTypeWillChange]
    public function getIterator()
    {
        leak('iterator');
        return new ArrayIterator([1]);
    }

    #[ReturnTypeWillChange]
    public function jsonSerialize()
    {
        leak('json');
        return 1;
    }
}

class Derived extends Base
{
    public function plain()
    {
        parent::plain();
    }

    public function bound()
    {
        return function () {
            leak('closure of an object');
        };
    }
}

function numbers($count)
{
    for ($i = 0; $i < $count; $i++) {
        leak('generator');
        yield $i;
    }
}

function recursive($depth)
{
    if ($depth == 0) {
        return leak('recursion');
    }
    return recursive($depth - 1);
}

function rescued()
{
    try {
        throw new Exception('x');
    } catch (Exception $e) {
        leak('catch');
    } finally {
        leak('finally');
    }
}

function over_lines()
{
    return [
        1,
        leak('call over lines'),
        array_map(
            function ($number) {
                return $number +
                    (leak('closure over lines') ? 1 : 0);
            },
            [2]
        ),
    ];
}

function with_default($value = PHP_VERSION)
{
    static $count = 0;
    $count++;
    leak('static variable');
    return $value;
}

function long_function()
{
    $number = 0;
    $number += 0;
    $number += 1;
    $number += 2;
    $number += 3;
    $number += 4;
    $number += 5;
    $number += 6;
    $number += 7;
    $number += 8;
    $number += 9;
    $number += 10;
    $number += 11;
    $number += 12;
    $number += 13;
    $number += 14;
    $number += 15;
    $number += 16;
    $number += 17;
    $number += 18;
    $number += 19;
    $number += 20;
    $number += 21;
    $number += 22;
    $number += 23;
    $number += 24;
    $number += 25;
    $number += 26;
    $number += 27;
    $number += 28;
    $number += 29;
    $number += 30;
    $number += 31;
    $number += 32;
    $number += 33;
    $number += 34;
    $number += 35;
    $number += 36;
    $number += 37;
    $number += 38;
    $number += 39;
    $number += 40;
    $number += 41;
    $number += 42;
    $number += 43;
    $number += 44;
    $number += 45;
    $number += 46;
    $number += 47;
    $number += 48;
    $number += 49;
    $number += 50;
    $number += 51;
    $number += 52;
    $number += 53;
    $number += 54;
    $number += 55;
    $number += 56;
    $number += 57;
    $number += 58;
    $number += 59;
    $number += 60;
    $number += 61;
    $number += 62;
    $number += 63;
    $number += 64;
    $number += 65;
    $number += 66;
    $number += 67;
    $number += 68;
    $number += 69;
    $number += 70;
    $number += 71;
    $number += 72;
    $number += 73;
    $number += 74;
    $number += 75;
    $number += 76;
    $number += 77;
    $number += 78;
    $number += 79;
    $number += 80;
    $number += 81;
    $number += 82;
    $number += 83;
    $number += 84;
    $number += 85;
    $number += 86;
    $number += 87;
    $number += 88;
    $number += 89;
    $number += 90;
    $number += 91;
    $number += 92;
    $number += 93;
    $number += 94;
    $number += 95;
    $number += 96;
    $number += 97;
    $number += 98;
    $number += 99;
    $number += 100;
    $number += 101;
    $number += 102;
    $number += 103;
    $number += 104;
    $number += 105;
    $number += 106;
    $number += 107;
    $number += 108;
    $number += 109;
    $number += 110;
    $number += 111;
    $number += 112;
    $number += 113;
    $number += 114;
    $number += 115;
    $number += 116;
    $number += 117;
    $number += 118;
    $number += 119;
    $number += 120;
    $number += 121;
    $number += 122;
    $number += 123;
    $number += 124;
    $number += 125;
    $number += 126;
    $number += 127;
    $number += 128;
    $number += 129;
    $number += 130;
    $number += 131;
    $number += 132;
    $number += 133;
    $number += 134;
    $number += 135;
    $number += 136;
    $number += 137;
    $number += 138;
    $number += 139;
    leak('long function');
    return $number;
}

function ünïcode_名前()
{
    leak('not ASCII');
}

function load($code)
{
    $file = tempnam('/tmp', 'leaks');
    file_put_contents($file, "<?php\n\n" . $code);
    register_shutdown_function('unlink', $file);
    return $file;
}

function from_files()
{
    global $kept; // a closure's code is freed with it, as that of a file whose code has ended
    $kept[] = $closure = include load("function of_file() {\n  leak('function of a file');\n}\n"
        . "return function () {\n  leak('closure of a file');\n};\n");
    of_file();
    $closure();
    spl_autoload_register(function ($class) {
        require load("class Loaded { function load() { leak('method of a file'); } }\n");
    });
    (new Loaded())->load();
    eval("function of_eval() {\n  leak('function of eval');\n}\n");
    of_eval();
}

// Code that is freed when it has ended still runs when the sockets are looked at.
function in_code_that_ends()
{
    include load("leak('include');\n\nrequire_once load(\"\\n\\nleak('require_once');\n"
        . "eval(\\\"\\\\nleak('eval');\\\\nin_fiber();\\\");\");\n");
}

function in_fiber()
{
    if (PHP_VERSION_ID < 80100) {
        return end_of_all();
    }
    $fiber = new Fiber(function () {
        leak('fiber');
        end_of_all();
    });
    $fiber->start();
}

function end_of_all()
{
    say([]);
    fgets(STDIN);
}

function in_child()
{
    $child = pcntl_fork();
    if ($child == 0) {
        leak('fork');
        fgets(STDIN);
        posix_kill(getmypid(), SIGKILL); // what it has is its parent's to say
    }
}

function everything()
{
    $object = new Derived();
    $object->plain();
    $object->of_trait();
    Base::of_class();
    $object->absent();
    Base::absent_too();
    $object->nothing;
    $object->nothing = 1;
    $object();
    "$object";
    isset($object['x']);
    $object['x'];
    $object['x'] = 1;
    unset($object['x']);
    count($object);
    foreach ($object as $one) {
    }
    json_encode($object);
    ($object->bound())();
    $object = null;
    foreach (numbers(1) as $one) {
    }
    iterator_to_array(numbers(1));
    recursive(200);
    rescued();
    over_lines();
    with_default();
    array_map('leak', ['array_map']);
    array_map(function ($name) {
        leak($name);
    }, ['closure of array_map']);
    array_map(fn ($name) => leak($name), ['arrow function']);
    $numbers = [2, 1];
    usort($numbers, function ($a, $b) {
        leak('usort');
        return $a - $b;
    });
    call_user_func('leak', 'call_user_func');
    call_user_func_array(['Base', 'of_class'], []);
    preg_replace_callback('/x/', function ($match) {
        leak('preg_replace_callback');
        return '';
    }, 'x');
    array_walk($numbers, function ($number) {
        array_filter([1], function ($number) {
            leak('callbacks of callbacks');
            return true;
        });
    });
    set_error_handler(function () {
        leak('error handler');
        return true;
    });
    trigger_error('x');
    restore_error_handler();
    (new ReflectionFunction('leak'))->invoke('reflection');
    (new ReflectionMethod('Base', 'of_class'))->invoke(null);
    Closure::fromCallable('leak')('fromCallable');
    (new class () {
        public function method()
        {
            leak('class without a name');
        }
    })->method();
    Apart\Inner\call_it(function () {
        leak('namespace');
    });
    long_function();
    ünïcode_名前();
    from_files();
    in_child();
    in_code_that_ends();
}

fgets(STDIN);
everything();
}

namespace Apart\Inner {
    function call_it($closure)
    {
        return $closure();
    }
}
