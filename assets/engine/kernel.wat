;; The few loops that take nearly all the time of a sample, on four float32 numbers at once.
;;
;; Every array lies in one memory and is named by the index of its first float; the functions
;; turn that into an address (index * 4). Lengths of vectors that are written (M, n) are multiples
;; of 4: the engine pads them with zeros. kernel_javascript.js does the same without WebAssembly.
(module
  (memory (export "memory") 1)

  ;; y[0..M) = b[0..M) + sum over k < K of max(x[k], floor) * w[k * M ... k * M + M)
  (func (export "matvec")
    (param $y i32) (param $b i32) (param $x i32) (param $w i32) (param $K i32) (param $M i32)
    (param $floor f32)
    (call $strided
      (local.get $y) (local.get $b) (local.get $x) (local.get $w) (local.get $K) (local.get $M)
      (local.get $floor) (local.get $M)))

  ;; The same of rows that begin `stride` numbers apart: w[k * stride ... k * stride + M).
  ;; Terms whose factor is 0 are left out: after a ReLU (floor = 0) that is half of them. floor =
  ;; -infinity takes x as it is. y may be b, and may not be x.
  ;;
  ;; The factors that are not 0 are listed first, at most 1024 at a time, without a branch that the
  ;; processor would have to guess; each with the address of its row of w.
  (func $strided (export "strided")
    (param $y i32) (param $b i32) (param $x i32) (param $w i32) (param $K i32) (param $M i32)
    (param $floor f32) (param $stride i32)
    (local $end i32) (local $stop i32) (local $list i32)
    (local $s f32)
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $b (i32.shl (local.get $b) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $w (i32.shl (local.get $w) (i32.const 2)))
    (local.set $M (i32.shl (local.get $M) (i32.const 2)))
    (local.set $stride (i32.shl (local.get $stride) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $K) (i32.const 2))))
    (loop $chunks
      (local.set $stop (i32.add (local.get $x) (i32.const 4096)))
      (local.set $stop
        (select (local.get $stop) (local.get $end)
          (i32.lt_u (local.get $stop) (local.get $end))))
      (local.set $list (i32.const 0))
      (block $listed
        (loop $factors
          (br_if $listed (i32.ge_u (local.get $x) (local.get $stop)))
          (local.set $s (f32.max (f32.load (local.get $x)) (local.get $floor)))
          (f32.store (local.get $list) (local.get $s))
          (i32.store offset=4 (local.get $list) (local.get $w))
          (local.set $list
            (i32.add (local.get $list)
              (i32.shl (f32.ne (local.get $s) (f32.const 0)) (i32.const 3))))
          (local.set $w (i32.add (local.get $w) (local.get $stride)))
          (local.set $x (i32.add (local.get $x) (i32.const 4)))
          (br $factors)))
      (call $add_rows (local.get $y) (local.get $b) (local.get $list) (local.get $M))
      (local.set $b (local.get $y))
      (br_if $chunks (i32.lt_u (local.get $x) (local.get $end)))))

  ;; y = b + the listed rows times their factors. The list begins at address 0 and ends at $end; y, b
  ;; and M are in bytes.
  (func $add_rows (param $y i32) (param $b i32) (param $end i32) (param $M i32)
    (local $m i32) (local $p i32) (local $list i32) (local $v v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $a4 v128) (local $a5 v128) (local $a6 v128) (local $a7 v128)

    ;; 32 outputs at a time, in eight accumulators.
    (block $no_more_blocks
      (loop $blocks
        (br_if $no_more_blocks
          (i32.gt_u (i32.add (local.get $m) (i32.const 128)) (local.get $M)))
        (local.set $p (i32.add (local.get $b) (local.get $m)))
        (local.set $a0 (v128.load offset=0 (local.get $p)))
        (local.set $a1 (v128.load offset=16 (local.get $p)))
        (local.set $a2 (v128.load offset=32 (local.get $p)))
        (local.set $a3 (v128.load offset=48 (local.get $p)))
        (local.set $a4 (v128.load offset=64 (local.get $p)))
        (local.set $a5 (v128.load offset=80 (local.get $p)))
        (local.set $a6 (v128.load offset=96 (local.get $p)))
        (local.set $a7 (v128.load offset=112 (local.get $p)))
        (local.set $list (i32.const 0))
        (block $no_more_rows
          (loop $rows
            (br_if $no_more_rows (i32.ge_u (local.get $list) (local.get $end)))
            (local.set $v (v128.load32_splat (local.get $list)))
            (local.set $p (i32.add (i32.load offset=4 (local.get $list)) (local.get $m)))
            (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $v) (v128.load offset=0 (local.get $p)))))
            (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $v) (v128.load offset=16 (local.get $p)))))
            (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $v) (v128.load offset=32 (local.get $p)))))
            (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $v) (v128.load offset=48 (local.get $p)))))
            (local.set $a4 (f32x4.add (local.get $a4) (f32x4.mul (local.get $v) (v128.load offset=64 (local.get $p)))))
            (local.set $a5 (f32x4.add (local.get $a5) (f32x4.mul (local.get $v) (v128.load offset=80 (local.get $p)))))
            (local.set $a6 (f32x4.add (local.get $a6) (f32x4.mul (local.get $v) (v128.load offset=96 (local.get $p)))))
            (local.set $a7 (f32x4.add (local.get $a7) (f32x4.mul (local.get $v) (v128.load offset=112 (local.get $p)))))
            (local.set $list (i32.add (local.get $list) (i32.const 8)))
            (br $rows)))
        (local.set $p (i32.add (local.get $y) (local.get $m)))
        (v128.store offset=0 (local.get $p) (local.get $a0))
        (v128.store offset=16 (local.get $p) (local.get $a1))
        (v128.store offset=32 (local.get $p) (local.get $a2))
        (v128.store offset=48 (local.get $p) (local.get $a3))
        (v128.store offset=64 (local.get $p) (local.get $a4))
        (v128.store offset=80 (local.get $p) (local.get $a5))
        (v128.store offset=96 (local.get $p) (local.get $a6))
        (v128.store offset=112 (local.get $p) (local.get $a7))
        (local.set $m (i32.add (local.get $m) (i32.const 128)))
        (br $blocks)))

    ;; Of what is left of M, 16 outputs at a time.
    (block $no_more_quarters
      (loop $quarters
        (br_if $no_more_quarters
          (i32.gt_u (i32.add (local.get $m) (i32.const 64)) (local.get $M)))
        (local.set $p (i32.add (local.get $b) (local.get $m)))
        (local.set $a0 (v128.load offset=0 (local.get $p)))
        (local.set $a1 (v128.load offset=16 (local.get $p)))
        (local.set $a2 (v128.load offset=32 (local.get $p)))
        (local.set $a3 (v128.load offset=48 (local.get $p)))
        (local.set $list (i32.const 0))
        (block $no_more_rows
          (loop $rows
            (br_if $no_more_rows (i32.ge_u (local.get $list) (local.get $end)))
            (local.set $v (v128.load32_splat (local.get $list)))
            (local.set $p (i32.add (i32.load offset=4 (local.get $list)) (local.get $m)))
            (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $v) (v128.load offset=0 (local.get $p)))))
            (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $v) (v128.load offset=16 (local.get $p)))))
            (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $v) (v128.load offset=32 (local.get $p)))))
            (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $v) (v128.load offset=48 (local.get $p)))))
            (local.set $list (i32.add (local.get $list) (i32.const 8)))
            (br $rows)))
        (local.set $p (i32.add (local.get $y) (local.get $m)))
        (v128.store offset=0 (local.get $p) (local.get $a0))
        (v128.store offset=16 (local.get $p) (local.get $a1))
        (v128.store offset=32 (local.get $p) (local.get $a2))
        (v128.store offset=48 (local.get $p) (local.get $a3))
        (local.set $m (i32.add (local.get $m) (i32.const 64)))
        (br $quarters)))

    ;; The rest, four outputs at a time.
    (block $done
      (loop $rest
        (br_if $done (i32.ge_u (local.get $m) (local.get $M)))
        (local.set $a0 (v128.load (i32.add (local.get $b) (local.get $m))))
        (local.set $list (i32.const 0))
        (block $no_more_rows
          (loop $rows
            (br_if $no_more_rows (i32.ge_u (local.get $list) (local.get $end)))
            (local.set $p (i32.add (i32.load offset=4 (local.get $list)) (local.get $m)))
            (local.set $a0
              (f32x4.add (local.get $a0)
                (f32x4.mul (v128.load32_splat (local.get $list)) (v128.load (local.get $p)))))
            (local.set $list (i32.add (local.get $list) (i32.const 8)))
            (br $rows)))
        (v128.store (i32.add (local.get $y) (local.get $m)) (local.get $a0))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (br $rest))))

  ;; Two products at a time, so that each number of w is read once for both: for i < 2 pairs
  ;;   y[i ys ...] = b[i bs ...] + sum over k < K of x[i xs + k] * w[k * M ... k * M + M).
  (func (export "matmul")
    (param $y i32) (param $b i32) (param $x i32) (param $w i32) (param $K i32) (param $M i32)
    (param $pairs i32) (param $xs i32) (param $ys i32) (param $bs i32)
    (local $m i32) (local $p i32) (local $q i32) (local $end i32)
    (local $v v128) (local $u v128) (local $t v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $b (i32.shl (local.get $b) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $w (i32.shl (local.get $w) (i32.const 2)))
    (local.set $M (i32.shl (local.get $M) (i32.const 2)))
    (local.set $xs (i32.shl (local.get $xs) (i32.const 2)))
    (local.set $ys (i32.shl (local.get $ys) (i32.const 2)))
    (local.set $bs (i32.shl (local.get $bs) (i32.const 2)))
    (local.set $K (i32.shl (local.get $K) (i32.const 2)))
    (loop $next_pair
      (local.set $end (i32.add (local.get $x) (local.get $K)))
      (local.set $m (i32.const 0))
      ;; 16 outputs of each at a time, then what is left of M.
      (block $no_blocks
        (loop $blocks
          (br_if $no_blocks
            (i32.gt_u (i32.add (local.get $m) (i32.const 64)) (local.get $M)))
          (local.set $p (i32.add (local.get $b) (local.get $m)))
          (local.set $a0 (v128.load offset=0 (local.get $p)))
          (local.set $a1 (v128.load offset=16 (local.get $p)))
          (local.set $a2 (v128.load offset=32 (local.get $p)))
          (local.set $a3 (v128.load offset=48 (local.get $p)))
          (local.set $p (i32.add (local.get $p) (local.get $bs)))
          (local.set $b0 (v128.load offset=0 (local.get $p)))
          (local.set $b1 (v128.load offset=16 (local.get $p)))
          (local.set $b2 (v128.load offset=32 (local.get $p)))
          (local.set $b3 (v128.load offset=48 (local.get $p)))
          (local.set $p (i32.add (local.get $w) (local.get $m)))
          (local.set $q (local.get $x))
          (block $no_more_factors
            (loop $factors
              (br_if $no_more_factors (i32.ge_u (local.get $q) (local.get $end)))
              (local.set $v (v128.load32_splat (local.get $q)))
              (local.set $u (v128.load32_splat (i32.add (local.get $q) (local.get $xs))))
              (local.set $t (v128.load offset=0 (local.get $p)))
              (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $v) (local.get $t))))
              (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $u) (local.get $t))))
              (local.set $t (v128.load offset=16 (local.get $p)))
              (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $v) (local.get $t))))
              (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (local.get $u) (local.get $t))))
              (local.set $t (v128.load offset=32 (local.get $p)))
              (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $v) (local.get $t))))
              (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (local.get $u) (local.get $t))))
              (local.set $t (v128.load offset=48 (local.get $p)))
              (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $v) (local.get $t))))
              (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (local.get $u) (local.get $t))))
              (local.set $p (i32.add (local.get $p) (local.get $M)))
              (local.set $q (i32.add (local.get $q) (i32.const 4)))
              (br $factors)))
          (local.set $p (i32.add (local.get $y) (local.get $m)))
          (v128.store offset=0 (local.get $p) (local.get $a0))
          (v128.store offset=16 (local.get $p) (local.get $a1))
          (v128.store offset=32 (local.get $p) (local.get $a2))
          (v128.store offset=48 (local.get $p) (local.get $a3))
          (local.set $p (i32.add (local.get $p) (local.get $ys)))
          (v128.store offset=0 (local.get $p) (local.get $b0))
          (v128.store offset=16 (local.get $p) (local.get $b1))
          (v128.store offset=32 (local.get $p) (local.get $b2))
          (v128.store offset=48 (local.get $p) (local.get $b3))
          (local.set $m (i32.add (local.get $m) (i32.const 64)))
          (br $blocks)))
      (block $no_rest
        (loop $rest
          (br_if $no_rest
            (i32.gt_u (i32.add (local.get $m) (i32.const 16)) (local.get $M)))
          (local.set $p (i32.add (local.get $b) (local.get $m)))
          (local.set $a0 (v128.load offset=0 (local.get $p)))
          (local.set $p (i32.add (local.get $p) (local.get $bs)))
          (local.set $b0 (v128.load offset=0 (local.get $p)))
          (local.set $p (i32.add (local.get $w) (local.get $m)))
          (local.set $q (local.get $x))
          (block $no_more_factors
            (loop $factors
              (br_if $no_more_factors (i32.ge_u (local.get $q) (local.get $end)))
              (local.set $v (v128.load32_splat (local.get $q)))
              (local.set $u (v128.load32_splat (i32.add (local.get $q) (local.get $xs))))
              (local.set $t (v128.load offset=0 (local.get $p)))
              (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $v) (local.get $t))))
              (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $u) (local.get $t))))
              (local.set $p (i32.add (local.get $p) (local.get $M)))
              (local.set $q (i32.add (local.get $q) (i32.const 4)))
              (br $factors)))
          (local.set $p (i32.add (local.get $y) (local.get $m)))
          (v128.store offset=0 (local.get $p) (local.get $a0))
          (local.set $p (i32.add (local.get $p) (local.get $ys)))
          (v128.store offset=0 (local.get $p) (local.get $b0))
          (local.set $m (i32.add (local.get $m) (i32.const 16)))
          (br $rest)))
      (local.set $y (i32.add (local.get $y) (i32.shl (local.get $ys) (i32.const 1))))
      (local.set $b (i32.add (local.get $b) (i32.shl (local.get $bs) (i32.const 1))))
      (local.set $x (i32.add (local.get $x) (i32.shl (local.get $xs) (i32.const 1))))
      (local.set $pairs (i32.sub (local.get $pairs) (i32.const 1)))
      (br_if $next_pair (local.get $pairs))))

  ;; The sum of x[k] * y[k] over k < n, in four partial sums that do not wait for each other.
  (func (export "dot") (param $x i32) (param $y i32) (param $n i32) (result f32)
    (local $end i32) (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $no_more_blocks
      (loop $blocks
        (br_if $no_more_blocks
          (i32.gt_u (i32.add (local.get $x) (i32.const 64)) (local.get $end)))
        (local.set $a0
          (f32x4.add (local.get $a0)
            (f32x4.mul (v128.load offset=0 (local.get $x)) (v128.load offset=0 (local.get $y)))))
        (local.set $a1
          (f32x4.add (local.get $a1)
            (f32x4.mul (v128.load offset=16 (local.get $x)) (v128.load offset=16 (local.get $y)))))
        (local.set $a2
          (f32x4.add (local.get $a2)
            (f32x4.mul (v128.load offset=32 (local.get $x)) (v128.load offset=32 (local.get $y)))))
        (local.set $a3
          (f32x4.add (local.get $a3)
            (f32x4.mul (v128.load offset=48 (local.get $x)) (v128.load offset=48 (local.get $y)))))
        (local.set $x (i32.add (local.get $x) (i32.const 64)))
        (local.set $y (i32.add (local.get $y) (i32.const 64)))
        (br $blocks)))
    (block $done
      (loop $rest
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (local.set $a0
          (f32x4.add (local.get $a0)
            (f32x4.mul (v128.load (local.get $x)) (v128.load (local.get $y)))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $rest)))
    (local.set $a0
      (f32x4.add
        (f32x4.add (local.get $a0) (local.get $a1))
        (f32x4.add (local.get $a2) (local.get $a3))))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $a0)) (f32x4.extract_lane 1 (local.get $a0)))
      (f32.add (f32x4.extract_lane 2 (local.get $a0)) (f32x4.extract_lane 3 (local.get $a0)))))

  ;; y[k] = y[k] + x[k] for k < n.
  (func (export "add") (param $y i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (v128.store (local.get $y)
          (f32x4.add (v128.load (local.get $y)) (v128.load (local.get $x))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $next))))

  ;; y[k] = y[k] * x[k] for k < n.
  (func (export "mul") (param $y i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (v128.store (local.get $y)
          (f32x4.mul (v128.load (local.get $y)) (v128.load (local.get $x))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $next))))

  ;; 2^t of four numbers, -126 where t is less, and 126 where it is more: 2^t = 2^r 2^f with r the
  ;; nearest whole number, 2^f, |f| <= 1/2, by its Taylor polynomial of degree 6 (relative error
  ;; 1.2e-7), and 2^r by writing r + 127 where a float keeps its exponent.
  (func $exp2 (param $t v128) (result v128)
    (local $r v128) (local $f v128) (local $p v128)
    (local.set $t
      (f32x4.min (f32x4.splat (f32.const 126))
        (f32x4.max (f32x4.splat (f32.const -126)) (local.get $t))))
    (local.set $r (f32x4.nearest (local.get $t)))
    (local.set $f (f32x4.sub (local.get $t) (local.get $r)))
    (local.set $p (f32x4.splat (f32.const 0.0001540353039338161)))
    (local.set $p
      (f32x4.add (f32x4.splat (f32.const 0.0013333558146428443))
        (f32x4.mul (local.get $f) (local.get $p))))
    (local.set $p
      (f32x4.add (f32x4.splat (f32.const 0.009618129107628477))
        (f32x4.mul (local.get $f) (local.get $p))))
    (local.set $p
      (f32x4.add (f32x4.splat (f32.const 0.05550410866482158))
        (f32x4.mul (local.get $f) (local.get $p))))
    (local.set $p
      (f32x4.add (f32x4.splat (f32.const 0.2402265069591007))
        (f32x4.mul (local.get $f) (local.get $p))))
    (local.set $p
      (f32x4.add (f32x4.splat (f32.const 0.6931471805599453))
        (f32x4.mul (local.get $f) (local.get $p))))
    (local.set $p
      (f32x4.add (f32x4.splat (f32.const 1))
        (f32x4.mul (local.get $f) (local.get $p))))
    (f32x4.mul (local.get $p)
      (i32x4.shl
        (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $r))
          (i32x4.splat (i32.const 127)))
        (i32.const 23))))

  ;; y[k] = height / (1 + exp(-steepness * x[k])) + offset for k < n.
  ;; (1, 1, 0) is the sigmoid, (2, 2, -1) the hyperbolic tangent. y may be x.
  (func (export "squash")
    (param $y i32) (param $x i32) (param $n i32)
    (param $steepness f32) (param $height f32) (param $offset f32)
    (local $end i32) (local $scale v128)
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $scale
      (f32x4.splat (f32.mul (local.get $steepness) (f32.const -1.4426950408889634))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
        (v128.store (local.get $y)
          (f32x4.add (f32x4.splat (local.get $offset))
            (f32x4.div (f32x4.splat (local.get $height))
              (f32x4.add (f32x4.splat (f32.const 1))
                (call $exp2 (f32x4.mul (v128.load (local.get $x)) (local.get $scale)))))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $next))))

  ;; x[k] = exp(steepness * x[k]) / the sum of all of them, for k < n.
  (func (export "softmax") (param $x i32) (param $n i32) (param $steepness f32)
    (local $end i32) (local $at i32)
    (local $largest v128) (local $sum v128) (local $scale v128)
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $largest (v128.load (local.get $x)))
    (local.set $at (local.get $x))
    (loop $next
      (local.set $largest (f32x4.max (local.get $largest) (v128.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $largest
      (f32x4.splat
        (f32.max
          (f32.max (f32x4.extract_lane 0 (local.get $largest)) (f32x4.extract_lane 1 (local.get $largest)))
          (f32.max (f32x4.extract_lane 2 (local.get $largest)) (f32x4.extract_lane 3 (local.get $largest))))))
    (local.set $scale
      (f32x4.splat (f32.mul (local.get $steepness) (f32.const 1.4426950408889634))))
    (local.set $at (local.get $x))
    (loop $next
      (v128.store (local.get $at)
        (call $exp2
          (f32x4.mul (local.get $scale)
            (f32x4.sub (v128.load (local.get $at)) (local.get $largest)))))
      (local.set $sum (f32x4.add (local.get $sum) (v128.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $sum
      (f32x4.splat
        (f32.div (f32.const 1)
          (f32.add
            (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
            (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))))
    (loop $next
      (v128.store (local.get $x) (f32x4.mul (v128.load (local.get $x)) (local.get $sum)))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $x) (local.get $end))))))
