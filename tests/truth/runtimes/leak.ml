(* SPDX-License-Identifier: BSD-2-Clause *)
(* OCaml: sockets of Unix.socket that nobody closes. *)
let [@inline never] open_one () =
  let fd = Unix.socket Unix.PF_INET Unix.SOCK_STREAM 0 in (* leaks here *)
  Sys.opaque_identity fd

let [@inline never] fill count = List.init count (fun _ -> open_one ())

let () =
  print_endline "ready";
  ignore (read_line ());
  let kept = fill 20 in
  Printf.printf "leaked %d\n%!" (List.length kept);
  try while true do ignore (read_line ()) done with End_of_file -> ()
