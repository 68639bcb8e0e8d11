-- SPDX-License-Identifier: BSD-2-Clause
-- Haskell: sockets of the package network that nobody closes.
module Main (main) where

import Control.Monad (replicateM)
import Network.Socket
import System.IO

{-# NOINLINE openOne #-}
openOne :: IO Socket
openOne = do
  created <- socket AF_INET Stream defaultProtocol -- leaks here
  setSocketOption created ReuseAddr 1
  return created

{-# NOINLINE fill #-}
fill :: Int -> IO [Socket]
fill count = replicateM count openOne

main :: IO ()
main = do
  hSetBuffering stdout LineBuffering
  putStrLn "ready"
  _ <- getLine
  kept <- fill 20
  putStrLn ("leaked " ++ show (length kept))
  rest <- getContents
  putStr (filter (const False) rest)
  print (length kept)
