;; The loops of a training step, on four float32 numbers at once, over the memory of ../kernel.wat.
;;
;; Every array is named by the index of its first float (the address is index * 4), and n is a multiple
;; of 4. loops_javascript.js does the same without WebAssembly.
(module
  (import "engine" "memory" (memory 1))

  ;; y[k] += a * x[k]
  (func (export "axpy") (param $y i32) (param $x i32) (param $a f32) (param $n i32)
    (local $end i32) (local $s v128)
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $s (f32x4.splat (local.get $a)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
        (v128.store (local.get $y)
          (f32x4.add (v128.load (local.get $y))
            (f32x4.mul (local.get $s) (v128.load (local.get $x)))))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; g[k] += a * d[k], and the sum of w[k] * d[k]: a unit of value a feeds what has the gradient d by
  ;; the weights w. Their gradient is added to g, and that of the unit is returned.
  (func (export "backward") (param $g i32) (param $w i32) (param $d i32) (param $a f32) (param $n i32)
    (result f32)
    (local $end i32) (local $s v128) (local $t v128) (local $e v128)
    (local.set $g (i32.shl (local.get $g) (i32.const 2)))
    (local.set $w (i32.shl (local.get $w) (i32.const 2)))
    (local.set $d (i32.shl (local.get $d) (i32.const 2)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $s (f32x4.splat (local.get $a)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $e (v128.load (local.get $d)))
        (v128.store (local.get $g)
          (f32x4.add (v128.load (local.get $g)) (f32x4.mul (local.get $s) (local.get $e))))
        (local.set $t
          (f32x4.add (local.get $t) (f32x4.mul (v128.load (local.get $w)) (local.get $e))))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $w (i32.add (local.get $w) (i32.const 16)))
        (local.set $d (i32.add (local.get $d) (i32.const 16)))
        (br $next)))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $t)) (f32x4.extract_lane 1 (local.get $t)))
      (f32.add (f32x4.extract_lane 2 (local.get $t)) (f32x4.extract_lane 3 (local.get $t)))))

  ;; g[k] += a * h[k] and s[k] += a * v[k]: an output v.h + b with the gradient a.
  (func (export "output") (param $g i32) (param $h i32) (param $s i32) (param $v i32) (param $a f32)
    (param $n i32)
    (local $end i32) (local $t v128)
    (local.set $g (i32.shl (local.get $g) (i32.const 2)))
    (local.set $h (i32.shl (local.get $h) (i32.const 2)))
    (local.set $s (i32.shl (local.get $s) (i32.const 2)))
    (local.set $v (i32.shl (local.get $v) (i32.const 2)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $t (f32x4.splat (local.get $a)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (v128.store (local.get $g)
          (f32x4.add (v128.load (local.get $g))
            (f32x4.mul (local.get $t) (v128.load (local.get $h)))))
        (v128.store (local.get $s)
          (f32x4.add (v128.load (local.get $s))
            (f32x4.mul (local.get $t) (v128.load (local.get $v)))))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $h (i32.add (local.get $h) (i32.const 16)))
        (local.set $s (i32.add (local.get $s) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br $next))))

  ;; g[k] += s[k] * h[k] * (1 - h[k]): the gradient s of h = sigmoid(a), carried on to a.
  (func (export "through_sigmoid") (param $g i32) (param $s i32) (param $h i32) (param $n i32)
    (local $end i32) (local $x v128)
    (local.set $g (i32.shl (local.get $g) (i32.const 2)))
    (local.set $s (i32.shl (local.get $s) (i32.const 2)))
    (local.set $h (i32.shl (local.get $h) (i32.const 2)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $x (v128.load (local.get $h)))
        (v128.store (local.get $g)
          (f32x4.add (v128.load (local.get $g))
            (f32x4.mul (v128.load (local.get $s))
              (f32x4.mul (local.get $x)
                (f32x4.sub (f32x4.splat (f32.const 1)) (local.get $x))))))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $s (i32.add (local.get $s) (i32.const 16)))
        (local.set $h (i32.add (local.get $h) (i32.const 16)))
        (br $next))))

  ;; y[k] = max(x[k], 0). y may be x.
  (func (export "relu") (param $y i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
        (v128.store (local.get $y)
          (f32x4.max (v128.load (local.get $x)) (v128.const f32x4 0 0 0 0)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; d[k] = 0 where x[k] is not above 0: the gradient behind a ReLU that gave x.
  (func (export "through_relu") (param $d i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $d (i32.shl (local.get $d) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $end (i32.add (local.get $d) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $d) (local.get $end)))
        (v128.store (local.get $d)
          (v128.and (v128.load (local.get $d))
            (f32x4.gt (v128.load (local.get $x)) (v128.const f32x4 0 0 0 0))))
        (local.set $d (i32.add (local.get $d) (i32.const 16)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; x = x where it is above 0, and exp(x) - 1 elsewhere (ELU), in place. exp(x) = 2^r 2^f, with the whole
  ;; number r nearest to x / log 2; 2^f by its series, the kernel's.
  (func (export "elu") (param $x i32) (param $n i32)
    (local $end i32) (local $v v128) (local $t v128) (local $r v128) (local $f v128) (local $e v128)
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (local.set $v (v128.load (local.get $x)))
        (local.set $t
          (f32x4.mul (f32x4.splat (f32.const 1.4426950408889634))
            (f32x4.min (local.get $v) (v128.const f32x4 0 0 0 0))))
        (local.set $t (f32x4.max (f32x4.splat (f32.const -126)) (local.get $t)))
        (local.set $r (f32x4.nearest (local.get $t)))
        (local.set $f (f32x4.sub (local.get $t) (local.get $r)))
        (local.set $e (f32x4.splat (f32.const 0.0001540353039338161)))
        (local.set $e
          (f32x4.add (f32x4.splat (f32.const 0.0013333558146428443))
            (f32x4.mul (local.get $f) (local.get $e))))
        (local.set $e
          (f32x4.add (f32x4.splat (f32.const 0.009618129107628477))
            (f32x4.mul (local.get $f) (local.get $e))))
        (local.set $e
          (f32x4.add (f32x4.splat (f32.const 0.05550410866482158))
            (f32x4.mul (local.get $f) (local.get $e))))
        (local.set $e
          (f32x4.add (f32x4.splat (f32.const 0.2402265069591007))
            (f32x4.mul (local.get $f) (local.get $e))))
        (local.set $e
          (f32x4.add (f32x4.splat (f32.const 0.6931471805599453))
            (f32x4.mul (local.get $f) (local.get $e))))
        (local.set $e (f32x4.mul (local.get $f) (local.get $e))) ;; 2^f - 1
        (local.set $t
          (i32x4.shl
            (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $r)) (i32x4.splat (i32.const 127)))
            (i32.const 23))) ;; 2^r
        ;; 2^r (2^f - 1) + (2^r - 1): near 0 as exact as x itself.
        (local.set $e
          (f32x4.add (f32x4.mul (local.get $t) (local.get $e))
            (f32x4.sub (local.get $t) (f32x4.splat (f32.const 1)))))
        (v128.store (local.get $x)
          (v128.bitselect (local.get $v) (local.get $e)
            (f32x4.gt (local.get $v) (v128.const f32x4 0 0 0 0))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; d[k] *= 1 + min(x[k], 0): the gradient behind an ELU that gave x.
  (func (export "through_elu") (param $d i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $d (i32.shl (local.get $d) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $end (i32.add (local.get $d) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $d) (local.get $end)))
        (v128.store (local.get $d)
          (f32x4.mul (v128.load (local.get $d))
            (f32x4.add (f32x4.splat (f32.const 1))
              (f32x4.min (v128.load (local.get $x)) (v128.const f32x4 0 0 0 0)))))
        (local.set $d (i32.add (local.get $d) (i32.const 16)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br $next))))

  ;; y[k n + i] = x[i K + k] for i < n and k < K, both multiples of 4.
  (func (export "transpose") (param $y i32) (param $x i32) (param $n i32) (param $K i32)
    (local $i i32) (local $k i32) (local $from i32) (local $to i32) (local $row i32)
    (local $column i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $row (i32.shl (local.get $K) (i32.const 2)))
    (local.set $column (i32.shl (local.get $n) (i32.const 2)))
    (block $done
      (loop $pixels
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $k (i32.const 0))
        (local.set $from
          (i32.shl (i32.add (local.get $x) (i32.mul (local.get $i) (local.get $K))) (i32.const 2)))
        (local.set $to (i32.shl (i32.add (local.get $y) (local.get $i)) (i32.const 2)))
        (loop $maps
          (local.set $a (v128.load (local.get $from)))
          (local.set $b (v128.load (i32.add (local.get $from) (local.get $row))))
          (local.set $c
            (v128.load (i32.add (local.get $from) (i32.shl (local.get $row) (i32.const 1)))))
          (local.set $d
            (v128.load (i32.add (local.get $from) (i32.mul (local.get $row) (i32.const 3)))))
          (local.set $e
            (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
          (local.set $f
            (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
              (local.get $a) (local.get $b)))
          (local.set $g
            (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
          (local.set $h
            (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
              (local.get $c) (local.get $d)))
          (v128.store (local.get $to)
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
              (local.get $e) (local.get $g)))
          (local.set $to (i32.add (local.get $to) (local.get $column)))
          (v128.store (local.get $to)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
              (local.get $e) (local.get $g)))
          (local.set $to (i32.add (local.get $to) (local.get $column)))
          (v128.store (local.get $to)
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
              (local.get $f) (local.get $h)))
          (local.set $to (i32.add (local.get $to) (local.get $column)))
          (v128.store (local.get $to)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
              (local.get $f) (local.get $h)))
          (local.set $to (i32.add (local.get $to) (local.get $column)))
          (local.set $from (i32.add (local.get $from) (i32.const 16)))
          (local.set $k (i32.add (local.get $k) (i32.const 4)))
          (br_if $maps (i32.lt_u (local.get $k) (local.get $K))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $pixels))))

  ;; One step of Adam, beta = (0.9, 0.999), epsilon = 1e-8: x = scale * g,
  ;;   m += 0.1 (x - m),  v = 0.999 v + 0.001 x^2,  p -= rate * m / (sqrt(v) * root + epsilon);
  ;; then g = 0. rate = learning rate / (1 - 0.9^t), root = 1 / sqrt(1 - 0.999^t).
  (func (export "adam") (param $p i32) (param $g i32) (param $m i32) (param $v i32)
    (param $rate f32) (param $root f32) (param $scale f32) (param $n i32)
    (local $end i32) (local $x v128) (local $a v128) (local $b v128)
    (local.set $p (i32.shl (local.get $p) (i32.const 2)))
    (local.set $g (i32.shl (local.get $g) (i32.const 2)))
    (local.set $m (i32.shl (local.get $m) (i32.const 2)))
    (local.set $v (i32.shl (local.get $v) (i32.const 2)))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $x (f32x4.mul (f32x4.splat (local.get $scale)) (v128.load (local.get $g))))
        (local.set $a (v128.load (local.get $m)))
        (local.set $a
          (f32x4.add (local.get $a)
            (f32x4.mul (f32x4.splat (f32.const 0.1)) (f32x4.sub (local.get $x) (local.get $a)))))
        (local.set $b
          (f32x4.add
            (f32x4.mul (f32x4.splat (f32.const 0.999)) (v128.load (local.get $v)))
            (f32x4.mul (f32x4.splat (f32.const 0.001))
              (f32x4.mul (local.get $x) (local.get $x)))))
        (v128.store (local.get $m) (local.get $a))
        (v128.store (local.get $v) (local.get $b))
        (v128.store (local.get $p)
          (f32x4.sub (v128.load (local.get $p))
            (f32x4.div
              (f32x4.mul (f32x4.splat (local.get $rate)) (local.get $a))
              (f32x4.add
                (f32x4.mul (f32x4.sqrt (local.get $b)) (f32x4.splat (local.get $root)))
                (f32x4.splat (f32.const 1e-8))))))
        (v128.store (local.get $g) (v128.const f32x4 0 0 0 0))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br $next)))))
