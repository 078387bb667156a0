print("pointserve")
